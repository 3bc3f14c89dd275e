/** Interventions: what becomes of a task's score when heads are removed, or take their outputs from another model. */
package dev.lodestone.lab.intervene;
