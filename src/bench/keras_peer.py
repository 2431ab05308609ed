"""The Python overview's program in TensorFlow/Keras: what the course's training is measured against.

The same tower, the same pairs each once an epoch, 128 pairs a batch, Adam, float32, fit. It differs from the original in
what costs it time only: no metric, no test pairs after each epoch. The task "overview" has these, too.
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from peer import BATCH, Clock, cycles, gemm, images, memory, order, pairs, per_second, quality, tell


def main() -> None:
    wanted = order()
    if wanted["task"] == "gemm":
        a = np.random.default_rng(1).random((2048, 2048), np.float32)
        tell(gflops=gemm(lambda: a @ a))
        return
    import tensorflow as tf
    import keras
    from keras import layers, ops

    tf.config.threading.set_intra_op_parallelism_threads(wanted["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(wanted["threads"])
    keras.utils.set_random_seed(wanted["seed"])

    def base_network():
        return keras.Sequential([
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
            layers.Flatten(), layers.Dense(128, activation="relu")])

    if "recipe" in wanted:
        cycles(wanted, lambda: all_pairs(tf, keras, base_network()))
        return
    tower = base_network()
    first, second = keras.Input((28, 28, 1)), keras.Input((28, 28, 1))
    distance = layers.Lambda(
        lambda e: ops.sqrt(ops.maximum(ops.sum(ops.square(e[0] - e[1]), axis=1, keepdims=True), 1e-7)),
        output_shape=(1,))([tower(first), tower(second)])
    model = keras.Model([first, second], distance)

    def loss(similar, d):
        similar = ops.cast(similar, d.dtype)
        return ops.mean(similar * ops.square(d) + (1 - similar) * ops.square(ops.maximum(1 - d, 0)))

    overview = wanted["task"] == "overview"
    model.compile(loss=loss, optimizer=keras.optimizers.Adam(1e-3), metrics=["accuracy"] if overview else None)

    train, chosen = images(wanted["mnist"], "train")[..., None], pairs(wanted["train"])[::wanted.get("every", 1)]
    if wanted["task"] == "rate":
        clock = Clock(wanted["discard"])

        class Watch(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                clock.batch()

        # all pairs in memory, as fit wants them, but an epoch that ends early
        model.fit([train[chosen[:, 0]], train[chosen[:, 1]]], chosen[:, 2].astype(np.float32), batch_size=BATCH, epochs=1,
                  steps_per_epoch=wanted["batches"], verbose=0, callbacks=[Watch()])
        trained = memory()
        some = train[:10_000]
        tell(pairsPerSecond=clock.pairs_per_second(), memory=trained,
             imagesPerSecond=per_second(lambda: tower.predict(some, batch_size=256, verbose=0), len(some)))
        return
    x, y = [train[chosen[:, 0]], train[chosen[:, 1]]], chosen[:, 2].astype(np.float32)
    test, asked = images(wanted["mnist"], "t10k")[..., None], pairs(wanted["test"])

    def printed():
        x = [test[asked[:, 0]], test[asked[:, 1]]]
        return {"printed": model.evaluate(x, asked[:, 2].astype(np.float32), batch_size=BATCH, verbose=0)[1]}

    quality(wanted, lambda: model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0),
            lambda pictures: tower.predict(pictures[..., None], batch_size=256, verbose=0),
            printed if overview else dict)


def all_pairs(tf, keras, base):
    """A step of the contrastive loss on all pairs of a batch, similar and dissimilar ones with half of the weight each,
    those beyond the margin without any; and how pictures are embedded."""
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(base.trainable_variables)

    @tf.function(input_signature=[tf.TensorSpec([None, 28, 28, 1]), tf.TensorSpec([None], tf.int32)])
    def learn(pictures, shown):
        with tf.GradientTape() as tape:
            e = base(pictures, training=True)
            squares = tf.reduce_sum(tf.square(e), 1)
            d2 = tf.maximum(squares[:, None] + squares - 2 * tf.matmul(e, e, transpose_b=True), 1e-7)
            missing = tf.maximum(1 - tf.sqrt(d2), 0)
            same = shown[:, None] == shown
            similar = tf.cast(tf.linalg.set_diag(same, tf.zeros_like(shown, tf.bool)), tf.float32)
            close = tf.cast(~same & (missing > 0), tf.float32)
            loss = (tf.reduce_sum(similar * d2) / tf.reduce_sum(similar)
                    + tf.reduce_sum(close * tf.square(missing)) / tf.maximum(tf.reduce_sum(close), 1)) / 2
        optimizer.apply_gradients(zip(tape.gradient(loss, base.trainable_variables), base.trainable_variables))
        return loss

    def step(pictures, shown, rate):
        optimizer.learning_rate = rate
        return float(learn(pictures[..., None], shown))

    return step, lambda pictures: base.predict(pictures[..., None], batch_size=256, verbose=0)


if __name__ == "__main__":
    main()
