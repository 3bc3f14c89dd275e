package dev.lodestone.synth.world;

/**
 * A sentence taken apart at its slots, so that filling it is appending only.
 *
 * @param head before the first slot
 * @param middle between the slots; null if there is one slot only
 * @param tail after the last slot
 */
record Template(String head, boolean subjectFirst, String middle, String tail) {
  static final String SUBJECT = "{subject}";
  static final String OBJECT = "{object}";

  /** A text with one {subject} and at most one {object}. */
  static Template parse(String text) {
    int subject = text.indexOf(SUBJECT);
    int object = text.indexOf(OBJECT);
    int afterSubject = subject + SUBJECT.length();
    int afterObject = object + OBJECT.length();
    if (object < 0) {
      return new Template(text.substring(0, subject), true, null, text.substring(afterSubject));
    }
    return subject < object
        ? new Template(text.substring(0, subject), true, text.substring(afterSubject, object),
            text.substring(afterObject))
        : new Template(text.substring(0, object), false, text.substring(afterObject, subject),
            text.substring(afterSubject));
  }

  /** Appends the text and returns where the object begins in it. */
  int append(StringBuilder out, String subject, String object) {
    out.append(head);
    int start;
    if (subjectFirst) {
      out.append(subject).append(middle);
      start = out.length();
      out.append(object);
    } else {
      start = out.length();
      out.append(object).append(middle).append(subject);
    }
    out.append(tail);
    return start;
  }

  /** The text of a template with one slot. */
  String fill(String subject) {
    return head + subject + tail;
  }
}
