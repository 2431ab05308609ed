/**
 * The course's training and evaluation on Apache Spark, from two threads of one machine to a cluster. Compiled only
 * with Maven's profile {@code spark}, which fetches Spark's jars; nothing else in the project needs them. What
 * executors run lives here, since classes and lambdas of a notebook's cell are unknown to them.
 */
package siamese.spark;
