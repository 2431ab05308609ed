import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Runs networks with ONNX Runtime for Java, without this library: FOLDER NAME…; NAME.onnx and NAME.in give NAME.java. */
public final class RunOnnx {

    private RunOnnx() {
    }

    public static void main(String[] args) throws IOException, OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        for (int k = 1; k < args.length; k++) {
            Path folder = Path.of(args[0]);
            FloatBuffer in = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(args[k] + ".in"))).order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer();
            try (OrtSession session = environment.createSession(folder.resolve(args[k] + ".onnx").toString())) {
                long[] shape = ((TensorInfo) session.getInputInfo().get("input").getInfo()).getShape();
                shape[0] = 1000;
                try (OnnxTensor input = OnnxTensor.createTensor(environment, in, shape);
                        OrtSession.Result result = session.run(Map.of("input", input))) {
                    FloatBuffer made = ((OnnxTensor) result.get("embedding").orElseThrow()).getFloatBuffer();
                    ByteBuffer out = ByteBuffer.allocate(Float.BYTES * made.remaining()).order(ByteOrder.LITTLE_ENDIAN);
                    out.asFloatBuffer().put(made);
                    Files.write(folder.resolve(args[k] + ".java"), out.array());
                }
            }
        }
    }
}
