/** JMH benchmarks of the Java side. The build compiles them and does not run them. */
package dev.lodestone.bench;
