package siamese.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import siamese.data.Examples;

/** The folder of networks that were trained before. */
final class TrainedNetworks {

    private TrainedNetworks() {
    }

    /** {@return a network like another, trained now or read from the folder; see {@link SiameseNetwork#trained}} */
    static SiameseNetwork get(Path folder, SiameseNetwork like, Examples train, Recipe recipe,
            TrainingListener... listeners) {
        String how = like.distance() + " " + recipe;
        if (how.matches("(?s).*@[0-9a-f]+\\b.*") || how.contains("$$Lambda")) {
            throw new IllegalArgumentException("A trained network is kept under the names of its loss and "
                    + "distance, but one of these has no name that lasts; make it a record, or use fit.");
        }
        String what = like.base().json() + " " + like.base().input() + " " + how + " " + like.seed() + " "
                + train.source() + " " + train.fingerprint();
        Path file = folder.resolve(UUID.nameUUIDFromBytes(what.getBytes(StandardCharsets.UTF_8)) + ".zip");
        if (Files.exists(file)) {
            try {
                SiameseNetwork loaded = SiameseNetwork.load(file, like.distance(), recipe.loss());
                if (loaded.base().json().equals(like.base().json()) && loaded.seed() == like.seed()
                        && loaded.core().data.equals(train.fingerprint())) {
                    return loaded.withViews(like.views());
                }
            } catch (IOException damaged) { // trained again below
            }
        }
        SiameseNetwork network = new SiameseNetwork(like.base(), like.distance(), like.seed()).withViews(like.views());
        if (!network.fit(train, null, recipe, listeners).interrupted()) {
            try {
                network.save(file);
            } catch (IOException e) {
                throw new UncheckedIOException("The trained network cannot be kept in " + folder + " (" + e.getMessage()
                        + "); make room there, or set SIAMESE_CACHE to a folder that can be written.", e);
            }
        }
        return network;
    }
}
