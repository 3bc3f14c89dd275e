package dev.lodestone.synth.world;

/** Something that facts are about, known by its name alone: no name occurs twice in a {@link World}. */
public record Entity(EntityType type, String name) {}
