/**
 * The commands of {@code ./lodestone}: one class a command, all of them a {@link dev.lodestone.cli.BaseCommand}.
 *
 * <p>A command's options are the fields of its class; the options that all share are in
 * {@link dev.lodestone.cli.CommonOptions}. Work is done by {@code core}, {@code engine} and {@code lab}: a command only
 * reads words, calls them and prints. Exit codes: 0 done, 1 the work failed, 2 the words were wrong
 * ({@link dev.lodestone.cli.CliErrors}).
 */
package dev.lodestone.cli;
