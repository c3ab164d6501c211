package org.sae4j.results;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

/** How documents look. */
class IndentedJsonTest {

  @Test
  void anArrayOfNumbersIsOneLine() {
    JsonElement json =
        JsonParser.parseString(
            "{'a':[1,2.5,null,-3e-7],'b':[{'c':[],'d':{}}, [1, 2]],'e':['x','y'],'f':null,"
                + "'g':'<é\\u2028>','h':true}");
    String text = IndentedJson.of(json);
    assertThat(text)
        .isEqualTo(
            """
            {
              "a": [1, 2.5, null, -3e-7],
              "b": [
                {
                  "c": [],
                  "d": {}
                },
                [1, 2]
              ],
              "e": [
                "x",
                "y"
              ],
              "f": null,
              "g": "<é\\u2028>",
              "h": true
            }\
            """);
    assertThat(JsonParser.parseString(text)).isEqualTo(json);
  }
}
