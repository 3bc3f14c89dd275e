/** Model folders as Hugging Face writes them: configuration, weights, and the import of GGUF files. */
package dev.lodestone.model;
