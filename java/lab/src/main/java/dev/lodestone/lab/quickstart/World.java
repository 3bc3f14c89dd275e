package dev.lodestone.lab.quickstart;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.data.Sample;
import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;

/**
 * A document of a small world: who has what, somewhere among sentences about nothing, and then questions about it.
 * Somebody is two words and what he has is two words, so that an answer has to be copied word by word.
 */
final class World {
  /** How facts are put. */
  enum Facts {
    /** In several forms, by words that mean the same; a question need not use the word of the fact. */
    REALISTIC,
    /** In one form, by one word a relation. */
    TEMPLATED,
    /** In codes that stand nowhere else. */
    SYMBOLIC
  }

  /** What stands around the facts. */
  enum Filler {
    /** Sentences drawn anew. */
    VARIED,
    /** One sentence over and over. */
    REPEATED
  }

  /** Tokens of an answer: two words and the end. */
  static final int ANSWER = 3;
  /** Tokens of a question. */
  private static final int QUESTION = 4;
  private static final int[] REPEATED = Words.ids("the grass is green and the sky is blue .");
  private static final int ASKED = Words.ids("?")[0];
  private static final int END = Words.of("end")[0];

  /** A fact: two words of somebody, the relation's group, two words of something. */
  private record Fact(int[] who, int relation, int[] what) {}

  private final Facts facts;
  private final Filler filler;
  private final Random random;
  private final List<Fact> known = new ArrayList<>();
  private final int[] tokens;
  /** Where the sentence of each fact stands. */
  private final List<Span> sentences = new ArrayList<>();

  /**
   * @param length tokens in all, of questions and answers too
   * @param count facts; there are as many questions at most
   */
  World(Facts facts, Filler filler, int length, int count, int questions, Random random) {
    this.facts = facts;
    this.filler = filler;
    this.random = random;
    this.tokens = new int[length];
    Set<List<Integer>> taken = new HashSet<>();
    while (known.size() < count) {
      int[] who = facts == Facts.SYMBOLIC ? pair("symbol", "symbol") : pair("given", "family");
      if (taken.add(List.of(who[0], who[1]))) {
        int[] what = facts == Facts.SYMBOLIC ? pair("symbol", "symbol") : pair("kind", "thing");
        known.add(new Fact(who, random.nextInt(relations()), what));
      }
    }
    int body = length - questions * (QUESTION + ANSWER);
    tell(body);
    for (int i = 0; i < questions; i++) { // facts stand in a random order
      ask(known.get(i), body + i * (QUESTION + ANSWER));
    }
  }

  /** Facts in a document of that length: more in a longer one, though fewer a sentence. */
  static int facts(int length) {
    return length < 128 ? 3 : length < 512 ? 4 : 6;
  }

  /** Documents to learn from: three questions each, whose answers alone have labels. */
  static List<TokenSample> documents(Facts facts, Filler filler, int length, int count, long seed) {
    var random = new Random(seed);
    var all = new ArrayList<TokenSample>();
    for (int i = 0; i < count; i++) {
      all.add(new World(facts, filler, length, facts(length), 3, random).tokenSample("world-" + i));
    }
    return all;
  }

  /** Documents to be asked one question each, as text. */
  static List<Sample> trials(Facts facts, Filler filler, int length, int count, long seed) {
    var random = new Random(seed);
    var all = new ArrayList<Sample>();
    for (int i = 0; i < count; i++) {
      all.add(new World(facts, filler, length, facts(length), 1, random).sample("world-" + i));
    }
    return all;
  }

  private int relations() {
    return facts == Facts.SYMBOLIC ? Words.of("link").length : Words.groups("relation").size();
  }

  private int[] pair(String first, String second) {
    return new int[] {any(Words.of(first)), any(Words.of(second))};
  }

  private int any(int... words) {
    return words[random.nextInt(words.length)];
  }

  private int relation(Fact fact) {
    return switch (facts) {
      case SYMBOLIC -> Words.of("link")[fact.relation];
      case TEMPLATED -> Words.groups("relation").get(fact.relation)[0];
      case REALISTIC -> any(Words.groups("relation").get(fact.relation));
    };
  }

  /** Sentences up to the length, the facts' at random places; the first is cut where it does not fit. */
  private void tell(int length) {
    List<int[]> told = new ArrayList<>();
    int left = length;
    for (Fact fact : known) {
      told.add(sentence(fact));
      left -= told.get(told.size() - 1).length;
    }
    if (left < 0) {
      throw new IllegalArgumentException("expected " + (length - left) + " tokens or more but found " + length);
    }
    List<int[]> all = new ArrayList<>();
    int[] rest = {};
    while (left > 0) {
      int[] next = filler == Filler.REPEATED ? REPEATED : drawn();
      if (next.length > left) {
        rest = Arrays.copyOfRange(next, next.length - left, next.length);
        left = 0;
      } else {
        all.add(next);
        left -= next.length;
      }
    }
    int[] places = random.ints(told.size(), 0, all.size() + 1).sorted().toArray();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < told.size(); i++) {
      order.add(random.nextInt(order.size() + 1), i);
    }
    Span[] found = new Span[told.size()];
    int at = put(rest, 0);
    int next = 0;
    for (int i = 0; i <= all.size(); i++) {
      for (; next < places.length && places[next] == i; next++) {
        int fact = order.get(next);
        found[fact] = new Span("needle", at, at + told.get(fact).length);
        at = put(told.get(fact), at);
      }
      at = i < all.size() ? put(all.get(i), at) : at;
    }
    sentences.addAll(Arrays.asList(found));
  }

  private int[] sentence(Fact fact) {
    int[] plain = {fact.who[0], fact.who[1], relation(fact)};
    int[] thing = {fact.what[0], fact.what[1]};
    int[] end = Words.ids(".");
    if (facts != Facts.REALISTIC) {
      return join(plain, thing, end);
    }
    return switch (random.nextInt(4)) {
      case 0 -> join(plain, thing, end);
      case 1 -> join(Words.ids("we hear that"), plain, thing, end);
      case 2 -> join(Words.ids("it seems"), plain, thing, Words.ids("again ."));
      default -> join(Words.ids("now"), plain, thing, end);
    };
  }

  /** For example: the quiet river bends under the old bridge. */
  private int[] drawn() {
    int[] subject = phrase();
    int[] verb = {any(Words.of("verb")), any(Words.of("preposition"))};
    return join(subject, verb, phrase(), Words.ids("."));
  }

  private int[] phrase() {
    int[] article = {any(Words.ids("the a"))};
    int[] noun = {any(Words.of("noun"))};
    return random.nextBoolean() ? join(article, new int[] {any(Words.of("adjective"))}, noun) : join(article, noun);
  }

  private static int[] join(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
  }

  private int put(int[] words, int at) {
    System.arraycopy(words, 0, tokens, at, words.length);
    return at + words.length;
  }

  private void ask(Fact fact, int at) {
    put(new int[] {ASKED, fact.who[0], fact.who[1], relation(fact), fact.what[0], fact.what[1], END}, at);
  }

  /** The document with all questions and answers; the answers have labels. */
  TokenSample tokenSample(String id) {
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, TokenSample.IGNORED);
    int body = sentences.stream().mapToInt(Span::end).max().orElseThrow();
    for (int i = body; i < tokens.length; i++) {
      if (tokens[i] == ASKED) {
        System.arraycopy(tokens, i + QUESTION, labels, i + QUESTION, ANSWER);
      }
    }
    return new TokenSample(id, tokens, labels, sentences, null, null);
  }

  /** The document up to its question, as text with the sentence of the answer as its needle, and the answer in it. */
  Sample sample(String id) {
    int prompt = tokens.length - ANSWER;
    int[] answer = known.get(0).what;
    Span sentence = sentences.get(0);
    int start = sentence.end() - answer.length;
    while (tokens[start] != answer[0] || tokens[start + 1] != answer[1]) { // from the end: codes may be somebody's too
      start--;
    }
    ObjectNode meta = Json.mapper().createObjectNode().put("facts", facts.name().toLowerCase(Locale.ROOT))
        .put("filler", filler.name().toLowerCase(Locale.ROOT)).put("context_length", tokens.length)
        .put("depth", (double) sentence.start() / prompt);
    return new Sample(id, "world", Words.text(tokens, 0, prompt), List.of(Words.text(answer, 0, answer.length)),
        List.of(characters("needle", sentence.start(), sentence.end()),
            characters("answer", start, start + answer.length)), meta);
  }

  private Span characters(String name, int start, int end) {
    int before = start == 0 ? 0 : Words.text(tokens, 0, start).length() + 1;
    return new Span(name, before, Words.text(tokens, 0, end).length());
  }
}
