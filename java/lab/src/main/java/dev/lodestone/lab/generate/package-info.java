/** What generating data needs of the engine: a local model that writes. */
package dev.lodestone.lab.generate;
