/**
 * The whole story on a model small enough to train on the spot: it learns to retrieve, its retrieval heads are found and
 * knocked out, it fails at a longer context and is extended to it. {@link dev.lodestone.lab.quickstart.Quickstart} tells
 * it with the same parts that serve real models, and leaves every file for a look with the other commands.
 */
package dev.lodestone.lab.quickstart;
