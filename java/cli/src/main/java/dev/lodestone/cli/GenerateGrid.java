package dev.lodestone.cli;

/** What {@code generate --list} prints: tasks, axes, and which of their pairs there are. */
final class GenerateGrid {
  static final String TEXT = """
      TASKS
        mdqa      a question; one document of many answers it             (Lost in the Middle)
        musique   a question of 2 to 4 hops; each in a document of its own (MuSiQue)
        summhay   an insight; which of the documents support it? [1][4]    (Summary of a Haystack, citations)
        niah      a sentence hidden in a text, and its question            (needle in a haystack)
        kv        the value of a key in a JSON object of UUIDs             (Lost in the Middle)

      NEEDLE: how real the thing is that has to be found
        real      as the source has it
        written   a language model composes a document around the facts (--writer-url or --writer-dir)
        templated sentences from templates, 20 and more relations
        symbolic  symbols for entities and relations:  e402917 r07 e118264 .

      HAYSTACK: how diverse the text around it is
        real      passages of the source, none with the answer
        varied    documents about other things, put as the needle is
        repeated  the grass is green, the sky is blue, ... over and over

                  real       varied     repeated   <- haystack
        real      M Q S      M Q S      M Q S      M mdqa
        written   M Q S N    M Q S      M Q S N    Q musique
        templated M Q S N    M Q S      M Q S N    S summhay
        symbolic  M Q S      M Q S K    M Q S      N niah   K kv
        (written niah needs no model: it has needles of its own, or yours with --needles)

      FACTS of made needles: a seeded world of people, places, works, organisations and dates (--facts world), or those
      of the source's own questions (--facts source; mdqa and musique). Real questions and passages come from --source,
      or from a small sample that comes with Lodestone. symbolic in varied is the purely symbolic set.

      EXAMPLES
        lodestone generate --task mdqa --tokenizer DIR --context-length 8192 --out templated.jsonl
        lodestone generate --task musique --needle symbolic --hops 2,3 --context-characters 20000 --out symbolic.jsonl
        lodestone generate --task summhay --needle real --documents 20 --out citations.jsonl
        lodestone generate --task mdqa --needle real --source nq-open-20.jsonl.gz --documents 20 --out real.jsonl
      """;

  private GenerateGrid() {}
}
