package org.nd4j.nativeblas;

/**
 * Stands where Deeplearning4j 1.0.0-M2.1 looks for a class that has moved. Its {@code BaseMKLDNNHelper} asks
 * {@code org.nd4j.nativeblas.Nd4jCpu$Environment} by reflection whether oneDNN may be used; since the class is now in
 * another package, it finds nothing and silently falls back to convolutions that are many times slower.
 * {@code siamese.model.OneDnn} says whether this worked. Not for use by anybody else.
 */
public final class Nd4jCpu {

    private Nd4jCpu() {
    }

    /** {@return whether the native library of this platform was built with oneDNN} */
    public static boolean hasOneDnn() {
        return NativeOpsHolder.getInstance().getDeviceNativeOps().buildInfo().contains("HAVE_ONEDNN");
    }

    /** The two methods that are looked for. */
    public static final class Environment {

        private Environment() {
        }

        /** {@return the environment} */
        public static Environment getInstance() {
            return new Environment();
        }

        /** {@return whether the native library was built with oneDNN} */
        public boolean isUseMKLDNN() {
            String platform = System.getProperty("siamese.onednn", "auto");
            return platform.equals("auto") ? hasOneDnn() : Boolean.parseBoolean(platform);
        }
    }
}
