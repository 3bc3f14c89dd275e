/** Which heads retrieve: trials on a model, their statistics handed to the detectors of {@code dev.lodestone.heads}. */
package dev.lodestone.lab.detect;
