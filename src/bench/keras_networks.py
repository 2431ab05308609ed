"""The five base networks of the part networks in TensorFlow/Keras, on the batches that the Java side wrote.

One compiled function a step, the pictures in memory, Adam, float32. Both pictures of each pair go through the base
network, in two calls as in the Python overview, or in one on both stacked where it normalizes over the batch; or
("once") the distinct pictures of a batch in one call, and the pairs are gathered from their embeddings.
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path

import numpy as np

from peer import BATCH, Clock, memory, order, pairs, tell


def networks(keras) -> dict:
    """By name: the shape of a picture and the layers; those of BenchNetworks.java."""
    layers = keras.layers

    def pooled(size, filters):
        return [layers.Conv2D(filters, size, activation="relu"), layers.MaxPooling2D(2)]

    def normalized():
        return [layers.Conv2D(64, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
                layers.MaxPooling2D(2)]

    def dense(units, activation=None):
        return [layers.Flatten(), layers.Dense(units, activation)]

    def along(rows, filters, stride):
        return layers.Conv2D(filters, (rows, 10), (1, stride), activation="relu")

    return {"overview": ((28, 28, 1), [*pooled(3, 32), *pooled(3, 64), *dense(128, "relu")]),
            "four blocks": ((28, 28, 1), [*normalized(), *normalized(), *normalized(), *normalized(), *dense(64)]),
            "faces": ((56, 46, 1), [*pooled(5, 32), *pooled(3, 64), *pooled(3, 128), *dense(128)]),
            "colour": ((64, 64, 3), [*pooled(3, 32), *pooled(3, 64), *pooled(3, 64), *dense(128)]),
            "strokes": ((8, 200, 1), [along(1, 32, 2), along(1, 64, 2), along(8, 64, 3), *dense(64)])}


def batches(file: Path, once: bool):
    """For each batch the pictures to embed and where among them the pairs are: each picture once, or all first and
    then all second ones."""
    for batch in pairs(file).reshape(-1, BATCH, 3):
        both = batch[:, :2].T.reshape(-1)
        pictures, places = np.unique(both, return_inverse=True) if once else (both, np.arange(2 * BATCH))
        yield pictures.astype(np.int32), places.reshape(2, BATCH).astype(np.int32), batch[:, 2].astype(np.float32)


def main() -> None:
    wanted = order()
    import tensorflow as tf
    import keras

    tf.config.threading.set_intra_op_parallelism_threads(wanted["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(wanted["threads"])
    keras.utils.set_random_seed(wanted["seed"])
    shape, layers = networks(keras)[wanted["network"]]
    base = keras.Sequential([keras.Input(shape), *layers])
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(base.trainable_variables)
    folder = Path(wanted["folder"]) / wanted["network"].replace(" ", "-")
    rows, columns, channels = shape
    pixels = np.fromfile(folder / "pixels", np.uint8).reshape(-1, channels, rows, columns).transpose(0, 2, 3, 1)
    train = tf.constant(pixels.astype(np.float32) / 255)
    two_calls = not wanted["once"] and not any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32), tf.TensorSpec([2, BATCH], tf.int32),
                                  tf.TensorSpec([BATCH])])
    def step(pictures, places, similar):
        with tf.GradientTape() as tape:
            if two_calls:
                first, second = (base(tf.gather(train, part), training=True) for part in tf.split(pictures, 2))
            elif wanted["once"]:
                embeddings = base(tf.gather(train, pictures), training=True)
                first, second = tf.gather(embeddings, places[0]), tf.gather(embeddings, places[1])
            else:
                first, second = tf.split(base(tf.gather(train, pictures), training=True), 2)
            d = tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(first - second), 1), 1e-7))
            loss = tf.reduce_mean(similar * tf.square(d) + (1 - similar) * tf.square(tf.maximum(1 - d, 0)))
        optimizer.apply(tape.gradient(loss, base.trainable_variables))
        return loss

    clock, pictures = Clock(wanted["discard"]), []
    for batch in [tuple(map(tf.constant, b)) for b in batches(folder / "pairs", wanted["once"])]:
        float(step(*batch))
        clock.batch()
        pictures.append(len(batch[0]))
        if clock.batches > wanted["discard"] and clock.seconds() > wanted["seconds"]:
            break
    tell(pairsPerSecond=clock.pairs_per_second(), pictures=sum(pictures) / len(pictures),
         weights=int(base.count_params()), memory=memory())


if __name__ == "__main__":
    main()
