package dev.lodestone.synth.world;

import dev.lodestone.data.Span;
import dev.lodestone.synth.SplitMix;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * English by sentence templates. A document has about 60 to 110 words: the sentences of its facts among connectives,
 * sentences that fit everywhere and say no fact. It holds no state and can be shared between threads.
 */
public final class Templated implements Expression {
  private static final int FEWEST_WORDS = 60;
  private static final int MORE_WORDS = 30;
  private static final int WORDS_PER_FACT = 9; // the least, with names

  private final Map<String, Phrasing> phrasings = new HashMap<>();
  private final List<Connective> connectives;
  private final List<Template> titles;

  private record Phrasing(List<Template> statements, List<Template> questions, List<Template> phrases) {}

  private record Connective(String text, int words) {}

  /** With the templates of those relations; facts must be of the same relations. */
  public Templated(Relations relations) {
    for (var r : relations.all()) {
      phrasings.put(r.id(), new Phrasing(parse(r.statements()), parse(r.questions()), parse(r.phrases())));
    }
    connectives = relations.connectives().stream().map(c -> new Connective(c, c.split(" ").length)).toList();
    titles = parse(relations.titles());
  }

  private static List<Template> parse(List<String> texts) {
    return texts.stream().map(Template::parse).toList();
  }

  @Override
  public Passage document(Fact main, List<Fact> others, SplitMix random) {
    return document(main, random.pick(phrasing(main).statements), others, random);
  }

  @Override
  public Passage document(Fact main, List<Fact> others, int variant, SplitMix random) {
    var statements = phrasing(main).statements;
    int chosen = statements.size() == 1 ? 0 : 1 + Math.floorMod(variant, statements.size() - 1);
    return document(main, statements.get(chosen), others, random);
  }

  private Passage document(Fact main, Template statement, List<Fact> others, SplitMix random) {
    int words = FEWEST_WORDS + random.nextInt(MORE_WORDS) - WORDS_PER_FACT * (1 + others.size());
    var fillers = new Connective[connectives.size()];
    int open = 0;
    while (words > 0 && open < fillers.length) {
      fillers[open] = another(fillers, open, random);
      words -= fillers[open++].words;
    }
    var text = new StringBuilder(1024);
    int sentences = 1 + others.size() + open;
    int mainAt = random.nextInt(sentences);
    int next = 0;
    int start = 0;
    int end = 0;
    int object = 0;
    for (int i = 0; i < sentences; i++) {
      if (i > 0) {
        text.append(' ');
      }
      int left = others.size() - next;
      if (i == mainAt) {
        start = text.length();
        object = statement.append(text, main.subject().name(), main.object().name());
        end = text.length();
      } else if (random.nextInt(left + open) < left) {
        append(text, others.get(next++), random);
      } else {
        text.append(fillers[--open].text);
      }
    }
    var whole = text.toString();
    return new Passage(random.pick(titles).fill(main.subject().name()), whole, List.of(
        span("fact", whole, start, end), span("answer", whole, object, object + main.object().name().length())));
  }

  /** A connective that is not among the first ones. */
  private Connective another(Connective[] chosen, int count, SplitMix random) {
    while (true) {
      var candidate = random.pick(connectives);
      int i = 0;
      while (i < count && chosen[i] != candidate) {
        i++;
      }
      if (i == count) {
        return candidate;
      }
    }
  }

  private static Span span(String name, String text, int start, int end) {
    int from = text.codePointCount(0, start);
    return new Span(name, from, from + text.codePointCount(start, end));
  }

  @Override
  public String sentence(Fact fact, SplitMix random) {
    var text = new StringBuilder();
    append(text, fact, random);
    return text.toString();
  }

  @Override
  public String statement(Fact fact) {
    var text = new StringBuilder();
    phrasing(fact).statements.get(0).append(text, fact.subject().name(), fact.object().name());
    return text.toString();
  }

  @Override
  public String question(List<Fact> chain, SplitMix random) {
    var subject = chain.get(0).subject().name();
    for (var fact : chain.subList(0, chain.size() - 1)) {
      subject = random.pick(phrasing(fact).phrases).fill(subject);
    }
    return random.pick(phrasing(chain.get(chain.size() - 1)).questions).fill(subject);
  }

  @Override
  public String answer(Fact last) {
    return last.object().name();
  }

  private void append(StringBuilder out, Fact fact, SplitMix random) {
    random.pick(phrasing(fact).statements).append(out, fact.subject().name(), fact.object().name());
  }

  private Phrasing phrasing(Fact fact) {
    var phrasing = phrasings.get(fact.relation().id());
    if (phrasing == null) {
      throw new IllegalArgumentException("expected a fact of these relations but found " + fact.relation());
    }
    return phrasing;
  }
}
