package dev.lodestone.engine;

/** Tokens {@code [start, end)} of a batch, or of a sequence in a decoder. */
public record TokenSpan(int start, int end) {}
