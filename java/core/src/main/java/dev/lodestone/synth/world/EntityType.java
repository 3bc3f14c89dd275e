package dev.lodestone.synth.world;

/** What an entity is. Names of every type read well without an article ("Lorvatin College", "Mount Sarkeli"). */
public enum EntityType {
  PERSON,
  CITY,
  COUNTRY,
  MOUNTAIN,
  /** A place of learning: it teaches, employs and publishes. */
  ORGANISATION,
  /** A book. */
  WORK,
  /** A day: "12 March 1874". */
  DATE,
  /** From 10,000 to 999,999. */
  NUMBER
}
