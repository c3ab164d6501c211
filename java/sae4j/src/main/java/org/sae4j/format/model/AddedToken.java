package org.sae4j.format.model;

/**
 * A token that is looked for in a text before the text is split into words.
 *
 * @param text what it stands for, as it is in a text
 * @param special whether it is a mark, such as the end of a text, rather than text
 * @param singleWord whether it counts only where no letter, digit or underscore touches it
 * @param lstrip whether it takes the white space before it
 * @param rstrip whether it takes the white space behind it
 * @param normalized whether it is looked for only in what the tokens that are not leave
 */
public record AddedToken(
    String text,
    int id,
    boolean special,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip,
    boolean normalized) {

  /** Whether the same text gives this token and another, whatever their numbers are. */
  boolean matchesAs(AddedToken other) {
    return text.equals(other.text)
        && singleWord == other.singleWord
        && lstrip == other.lstrip
        && rstrip == other.rstrip;
  }

  AddedToken withId(int number) {
    return new AddedToken(text, number, special, singleWord, lstrip, rstrip, normalized);
  }

  AddedToken asSpecial() {
    return new AddedToken(text, id, true, singleWord, lstrip, rstrip, normalized);
  }
}
