/** A one-second check that a device computes what it should: {@link dev.lodestone.lab.selftest.SelfTest}. */
package dev.lodestone.lab.selftest;
