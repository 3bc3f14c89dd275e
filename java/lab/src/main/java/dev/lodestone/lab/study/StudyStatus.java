package dev.lodestone.lab.study;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far a study has come.
 *
 * @param kinds in the order of the plan
 */
public record StudyStatus(Map<String, Kind> kinds) {
  /**
   * Steps of a kind.
   *
   * @param running steps that a process has right now
   * @param left steps that are not done, the running ones among them
   * @param seconds of the finished steps together
   */
  public record Kind(int done, int running, int left, double seconds) {
    static final Kind NONE = new Kind(0, 0, 0, 0);

    /** The mean of a finished step; NaN if there is none. */
    public double secondsEach() {
      return seconds / done;
    }

    private Kind and(int moreDone, int moreRunning, int moreLeft, double moreSeconds) {
      return new Kind(done + moreDone, running + moreRunning, left + moreLeft, seconds + moreSeconds);
    }
  }

  /** @param folder null where nothing has begun */
  public static StudyStatus of(StudyPlan plan, StudyFolder folder) throws IOException {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    for (var step : plan.steps()) {
      var kind = kinds.getOrDefault(step.kind(), Kind.NONE);
      if (folder == null) {
        kind = kind.and(0, 0, 1, 0);
      } else if (folder.isDone(step)) {
        kind = kind.and(1, 0, 0, folder.seconds(step));
      } else {
        kind = kind.and(0, folder.isRunning(step) ? 1 : 0, 1, 0);
      }
      kinds.put(step.kind(), kind);
    }
    return new StudyStatus(kinds);
  }

  public int done() {
    return kinds.values().stream().mapToInt(Kind::done).sum();
  }

  public int left() {
    return kinds.values().stream().mapToInt(Kind::left).sum();
  }

  /** What is left takes about so long in one process, as long as finished steps of its kind; without kinds of none. */
  public double secondsLeft() {
    return kinds.values().stream().filter(kind -> kind.left > 0 && kind.done > 0)
        .mapToDouble(kind -> kind.left * kind.secondsEach()).sum();
  }

  /** Steps that are left and of a kind of which none is done, so that nothing is known about their time. */
  public int unknown() {
    return kinds.values().stream().filter(kind -> kind.done == 0).mapToInt(Kind::left).sum();
  }
}
