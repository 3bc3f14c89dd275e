/** One forward pass over token samples, looked into: logits, attention statistics, knockout, patching, gradients. */
package dev.lodestone.lab.probe;
