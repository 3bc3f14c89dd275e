/** Text to tokens and back. */
package dev.lodestone.text;
