package dev.lodestone.synth.world;

import dev.lodestone.synth.SplitMix;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Invented names. A name is built around a stem of three parts: a first syllable, a middle one, an ending. Endings
 * belong to one type of entity and one split, and a stem can be taken apart in one way only (its first syllable is
 * consonants, vowels, one consonant; the middle one is consonant, vowels; no ending is the beginning of another). So
 * names of different types or splits never coincide, and none is the beginning of another. Every type has 2.4 million
 * stems; about one in eight carries a diacritic, in the composed form. Dates and numbers are split by parity.
 */
final class Names implements Naming {
  private static final List<String> FIRST = join(
      split("B D F G H J K L M N P R S T V W Z Bl Br Dr Fl Fr Gl Gr Kl Kr Pl Pr Sh Sk Sl Sp St Th Tr Tw"),
      split("a e i o u ai au ea ei oa"), split("l n r s"));
  private static final List<String> MIDDLE = join(split("b d f g h k l m n p r s t v z"), split("a e i o u ea io"));
  private static final List<String> ACCENTED = FIRST.stream().map(Names::accented).toList();

  private static final Map<EntityType, List<String>> ENDINGS = new EnumMap<>(Map.of(
      EntityType.PERSON, split("bek dahl ford gard kens lund mond nik quist rup sen stad tov vik wick zar"),
      EntityType.CITY, split("burg dell ham holm marsh mere minster mouth pool port stow thorpe ton vale ville wold"),
      EntityType.COUNTRY, split("nia ria lia via thia zia dor donia land stan gora mark raine soria kesh bar"),
      EntityType.MOUNTAIN, split("horn spitz fell tor crag kogel joch dun nock zinne pike gavel scar lith bera rok"),
      EntityType.ORGANISATION,
      split("worth combe croft field gate hurst ley more ridge shaw stone well wood by cott brook"),
      EntityType.WORK, split("lune mis nor phar reth sande thal vesh wyn zell cairn drin fay gosse hest jura")));

  private static final List<String> GIVEN = split("a an en ia ik in is o on or us wen");
  private static final List<String> SCHOOLS = List.of(" College", " University", " Academy", " Institute", " School",
      " Polytechnic", " Conservatory");
  private static final List<String> TITLES = List.of("The Lanterns of ", "The Road to ", "Letters from ",
      "The Last Winter in ", "The Bells of ", "Return to ", "The Glassmaker of ", "Nightfall in ", "The Orchard at ",
      "Songs for ", "The Silence of ", "Seven Days in ", "The Ferryman of ", "Beyond ", "The Salt Houses of ",
      "Maps of ", "Farewell to ", "The Clocks of ", "Rooftops of ", "The Widow of ");
  private static final List<String> MONTHS = List.of(" January ", " February ", " March ", " April ", " May ",
      " June ", " July ", " August ", " September ", " October ", " November ", " December ");

  private static final int DAYS = 28;
  private static final int FIRST_YEAR = 1700;
  private static final int YEARS = 300;
  private static final int LEAST_NUMBER = 10_000;
  private static final int NUMBERS = 990_000;
  private static final Map<Split, Names> ALL = new EnumMap<>(Map.of(Split.ALL, new Names(Split.ALL), Split.TRAIN,
      new Names(Split.TRAIN), Split.EVAL, new Names(Split.EVAL)));

  private final Split split;
  private final Map<EntityType, List<String>> endings = new EnumMap<>(EntityType.class);

  private Names(Split split) {
    this.split = split;
    ENDINGS.forEach((type, all) -> endings.put(type, split.of(all)));
  }

  static Names of(Split split) {
    return ALL.get(split);
  }

  static Map<EntityType, List<String>> endings() {
    return ENDINGS;
  }

  @Override
  public long draw(EntityType type, SplitMix random) {
    return (long) type.ordinal() << 32 | switch (type) {
      case DATE -> split.of(random.nextInt(YEARS * MONTHS.size() * DAYS));
      case NUMBER -> split.of(random.nextInt(NUMBERS));
      default -> random.nextInt(FIRST.size() * MIDDLE.size() * endings.get(type).size());
    };
  }

  @Override
  public String name(EntityType type, long drawn, SplitMix random) {
    int number = (int) drawn;
    return switch (type) {
      case PERSON -> random.pick(FIRST) + random.pick(GIVEN) + " " + stem(type, number, random);
      case CITY, COUNTRY -> stem(type, number, random);
      case MOUNTAIN -> "Mount " + stem(type, number, random);
      case ORGANISATION -> stem(type, number, random) + random.pick(SCHOOLS);
      case WORK -> random.pick(TITLES) + stem(type, number, random);
      case DATE -> 1 + number % DAYS + MONTHS.get(number / DAYS % MONTHS.size())
          + (FIRST_YEAR + number / DAYS / MONTHS.size());
      case NUMBER -> grouped(LEAST_NUMBER + number);
    };
  }

  private String stem(EntityType type, int number, SplitMix random) {
    var last = endings.get(type);
    int rest = number / last.size();
    var first = random.nextInt(8) == 0 ? ACCENTED : FIRST;
    return first.get(rest / MIDDLE.size()) + MIDDLE.get(rest % MIDDLE.size()) + last.get(number % last.size());
  }

  /**
   * What {@link dev.lodestone.metrics.Normalize#SQUAD} makes of a name. Names hold no article but a leading "The" and
   * no punctuation but the comma of a number, so this needs no pattern.
   */
  static String normalised(String name) {
    return (name.startsWith("The ") ? name.substring(4) : name).replace(",", "").toLowerCase(Locale.ROOT);
  }

  private static String grouped(int number) {
    var digits = String.valueOf(number);
    int comma = digits.length() - 3;
    return digits.substring(0, comma) + "," + digits.substring(comma);
  }

  /** With a diacritic: ł for a last l, else on the vowel. */
  private static String accented(String syllable) {
    if (syllable.endsWith("l")) {
      return syllable.substring(0, syllable.length() - 1) + "ł";
    }
    int i = 0;
    while ("aeiou".indexOf(syllable.charAt(i)) < 0) {
      i++;
    }
    return syllable.substring(0, i) + "áéíøü".charAt("aeiou".indexOf(syllable.charAt(i))) + syllable.substring(i + 1);
  }

  @SafeVarargs
  private static List<String> join(List<String>... parts) {
    List<String> joined = List.of("");
    for (var part : parts) {
      List<String> longer = new ArrayList<>();
      joined.forEach(head -> part.forEach(tail -> longer.add(head + tail)));
      joined = longer;
    }
    return List.copyOf(joined);
  }

  private static List<String> split(String words) {
    return List.of(words.split(" "));
  }
}
