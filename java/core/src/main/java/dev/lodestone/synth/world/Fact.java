package dev.lodestone.synth.world;

/** That {@code object} is what {@code relation} gives for {@code subject}; it is the only such object. */
public record Fact(Entity subject, Relation relation, Entity object) {}
