package dev.lodestone.lab.study;

import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs the steps of a plan that are not done yet. A step that fails does not keep others from being run; those that
 * need it are left. Several processes may run the same study in one folder.
 */
public final class StudyRun {
  private static final long PAUSE_MILLIS = 500;

  private final StudyPlan plan;
  private final StudyFolder folder;
  private final Shard shard;
  private final StudyListener listener;
  private final Map<Step, String> failed = new LinkedHashMap<>();
  private final List<Step> ran = new ArrayList<>();

  /**
   * What came of it.
   *
   * @param ran steps that this process finished
   * @param failed steps that it tried, and why they failed
   * @param left what is not done, the failed ones among them: it needs a failed step, or is another shard's
   */
  public record Result(List<Step> ran, Map<Step, String> failed, List<Step> left) {}

  private StudyRun(StudyPlan plan, StudyFolder folder, Shard shard, StudyListener listener) {
    this.plan = plan;
    this.folder = folder;
    this.shard = shard;
    this.listener = listener;
  }

  /** @throws IOException the folder cannot be read or written; a step that fails is in the result */
  public static Result run(StudyPlan plan, StudyFolder folder, Shard shard, StudyListener listener)
      throws IOException {
    return new StudyRun(plan, folder, shard, listener).run();
  }

  private Result run() throws IOException {
    List<Step> mine = plan.steps().stream().filter(shard::takes).toList();
    Set<Step> open = new HashSet<>(mine);
    boolean goOn = true;
    while (goOn) {
      int before = open.size();
      Step busy = null;
      for (Step step : mine) {
        if (open.contains(step) && isReady(step)) {
          if (attempt(step, mine)) {
            open.remove(step);
          } else {
            busy = step;
          }
        }
      }
      goOn = open.size() < before || busy != null;
      if (open.size() == before && busy != null) {
        listener.waiting(busy);
        pause();
      }
    }
    return new Result(ran, failed, plan.steps().stream().filter(step -> !folder.isDone(step)).toList());
  }

  private boolean isReady(Step step) {
    return folder.isDone(step) || step.inputs().allMatch(folder::isDone);
  }

  /** False if another process has the step; otherwise it is done now, or has failed. */
  private boolean attempt(Step step, List<Step> mine) throws IOException {
    if (folder.isDone(step)) {
      folder.relabel(step);
      return true;
    }
    var lock = folder.lock(step);
    if (lock.isEmpty()) {
      return false;
    }
    try (var held = lock.get()) {
      if (!folder.isDone(step)) { // another process may have finished it meanwhile
        listener.started(step, mine.indexOf(step) + 1, mine.size());
        execute(step);
      }
    }
    return true;
  }

  private void execute(Step step) throws IOException {
    long start = System.nanoTime();
    folder.prepare(step);
    List<String> words = new ArrayList<>(folder.words(step));
    if (step.kind().equals("train")) {
      words.add("--resume");
    }
    var printed = new StringWriter();
    try {
      plan.commands().run(words, new PrintWriter(printed));
      double seconds = (System.nanoTime() - start) * 1e-9;
      folder.finish(step, printed.toString(), seconds);
      ran.add(step);
      listener.finished(step, seconds);
    } catch (LodestoneException e) {
      failed.put(step, e.getMessage());
      listener.failed(step, e.getMessage());
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LodestoneException("the study was interrupted");
    }
  }
}
