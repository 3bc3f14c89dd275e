package dev.lodestone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.DType;
import dev.lodestone.io.Half;
import dev.lodestone.io.Json;
import dev.lodestone.io.SharedFolder;
import dev.lodestone.text.TinyTokenizer;
import dev.lodestone.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model of 2 layers, width 64, 4 query and 2 key/value heads of 16, made for each test. */
class GgufImportTest {
  private static final int HIDDEN = 64;
  private static final int HEAD_DIM = 16;
  private static final int VOCABULARY = TinyTokenizer.tokens().size();

  @TempDir Path folder;

  /** What the tensors hold, in double and in the file's own order of rows. */
  private final Map<String, double[]> expected = new HashMap<>();

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void makesAFolderOfEveryType(GgmlType type) throws Exception {
    Path out = folder.resolve("out");
    GgufImport.Result result = GgufImport.run(write(model(type)), out, DType.F32);
    assertEquals("", result.note());
    try (var made = ModelFolder.open(out)) {
      made.check();
      assertEquals(result.config(), made.config());
      for (ParameterShape parameter : made.config().parameters()) {
        assertRows(made, parameter, type);
      }
      assertTrue(made.config().tiedEmbeddings());
      assertEquals(Set.of(TinyTokenizer.END), made.endTokens());
      assertEquals(TinyTokenizer.START, made.bosToken().orElseThrow());
      assertEquals(1e-5, made.config().normEps());
      assertEquals(RopeConfig.of(5000), made.config().rope());
    }
    try (var files = Files.list(out)) {
      assertEquals("[config.json, generation_config.json, model.safetensors, tokenizer.json, tokenizer_config.json]",
          files.map(f -> f.getFileName().toString()).sorted().toList().toString());
    }
  }

  private void assertRows(ModelFolder made, ParameterShape parameter, GgmlType type) {
    float[] values = made.tensor(parameter.name()).file().readFloats(parameter.name());
    double[] wanted = expected.get(parameter.name());
    int columns = (int) parameter.columns();
    boolean paired = parameter.name().contains("q_proj") || parameter.name().contains("k_proj");
    for (int row = 0; row < parameter.rows(); row++) {
      // A head's rows a0 b0 a1 b1 ... become a0 a1 ... b0 b1 ...
      int inHead = row % HEAD_DIM;
      int from = paired ? row - inHead + inHead % (HEAD_DIM / 2) * 2 + inHead / (HEAD_DIM / 2) : row;
      for (int c = 0; c < columns; c++) {
        double value = wanted[from * columns + c];
        // see GgmlTypeTest
        double bound = type == GgmlType.Q4_1 ? Math.scalb(62, -24) : Math.scalb(Math.abs(value), -24);
        assertEquals(value, values[row * columns + c], bound, parameter.name() + " " + row + ", " + c);
      }
    }
  }

  @Test
  void writesBf16() throws Exception {
    Path full = folder.resolve("full");
    Path half = folder.resolve("half");
    Path gguf = write(model(GgmlType.Q8_0));
    GgufImport.run(gguf, full, DType.F32);
    GgufImport.run(gguf, half, DType.BF16);
    try (var a = ModelFolder.open(full); var b = ModelFolder.open(half)) {
      String name = "model.layers.1.self_attn.q_proj.weight";
      assertEquals(DType.BF16, b.tensor(name).entry().dtype());
      float[] rounded = a.tensor(name).file().readFloats(name);
      for (int i = 0; i < rounded.length; i++) {
        rounded[i] = Half.fromBf16(Half.toBf16(rounded[i]));
      }
      assertArrayEquals(rounded, b.tensor(name).file().readFloats(name));
      assertEquals("bfloat16", b.rawConfig().get("torch_dtype").asText());
      assertEquals("float32", a.rawConfig().get("torch_dtype").asText());
    }
    assertThrows(LodestoneException.class, () -> GgufImport.run(gguf, folder.resolve("x"), DType.I8));
  }

  @Test
  void readsAnUntiedHead() throws Exception {
    GgufBuilder gguf = model(GgmlType.F16);
    put(gguf, "output.weight", "lm_head.weight", GgmlType.F16, VOCABULARY, HIDDEN, new Random(9));
    Path out = folder.resolve("out");
    assertFalse(GgufImport.run(write(gguf), out, DType.F32).config().tiedEmbeddings());
    try (var made = ModelFolder.open(out)) {
      made.check();
      assertRows(made, made.config().parameters().get(made.config().parameters().size() - 1), GgmlType.F16);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt-2", "smollm", "llama-bpe"})
  void makesTheTokenizer(String pre) throws Exception {
    GgufBuilder gguf = model(GgmlType.Q8_0);
    gguf.metadata.put("tokenizer.ggml.pre", pre);
    gguf.metadata.put("tokenizer.ggml.add_bos_token", true);
    gguf.metadata.put("tokenizer.chat_template", "{{ messages }}");
    Path out = folder.resolve("out");
    GgufImport.run(write(gguf), out, DType.F32);
    try (Tokenizer made = Tokenizer.load(out); Tokenizer plain =
        Tokenizer.parse(TinyTokenizer.json().toString(), "tiny")) {
      String text = "<|start|>in the 😀 theשלום<|end|>\n in  the";
      assertArrayEquals(plain.encode(text, false).ids(), made.encode(text, false).ids());
      assertEquals(text, made.decode(made.encode(text, false).ids(), false));
      assertEquals(TinyTokenizer.START, made.encode(text, true).ids()[0]);
      assertEquals(made.encode(text, false).ids().length + 1, made.encode(text, true).ids().length);
      assertEquals(Set.of(0, 1), made.specialIds());
      made.requireFits(VOCABULARY);
    }
    var config = Json.readFile(out.resolve("tokenizer_config.json"));
    assertEquals("<|start|> <|end|> {{ messages }} 256", config.get("bos_token").asText() + " "
        + config.get("eos_token").asText() + " " + config.get("chat_template").asText() + " "
        + config.get("model_max_length").asInt());
  }

  /** The words that a text is cut into first: merges never cross them. "1 2" is a merge of digits here. */
  @ParameterizedTest
  @CsvSource({"gpt-2,2", "smollm,4", "llama-bpe,3"})
  void cutsDigitsAsTheModelDoes(String pre, int tokens) throws Exception {
    GgufBuilder gguf = model(GgmlType.F32);
    List<String> vocabulary = new ArrayList<>(TinyTokenizer.tokens());
    vocabulary.set(TinyTokenizer.tokens().size() - 1, "12"); // in place of the last merge
    vocabulary.set(TinyTokenizer.tokens().size() - 2, "1212");
    gguf.metadata.put("tokenizer.ggml.tokens", vocabulary);
    gguf.metadata.put("tokenizer.ggml.merges", List.of("1 2", "12 12"));
    gguf.metadata.put("tokenizer.ggml.pre", pre);
    GgufImport.run(write(gguf), folder.resolve("out"), DType.F32);
    try (Tokenizer made = Tokenizer.load(folder.resolve("out"))) {
      // gpt-2: 1212|x; smollm: 1|2|1|2; llama-bpe: 121|2 gives 12, 1, 2
      assertEquals(tokens, made.encode(pre.equals("gpt-2") ? "1212x" : "1212", false).ids().length);
    }
  }

  @Test
  void saysWhatToCopyWhereThereIsNoTokenizer() throws Exception {
    GgufBuilder gguf = model(GgmlType.Q8_0);
    gguf.metadata.put("tokenizer.ggml.model", "llama");
    Path out = folder.resolve("out");
    String note = GgufImport.run(write(gguf), out, DType.F32).note();
    assertTrue(note.contains("of kind \"llama\"") && note.contains("copy tokenizer.json"), note);
    assertTrue(Files.exists(out.resolve("config.json")));
    assertFalse(Files.exists(out.resolve("tokenizer.json")));
    gguf.metadata.put("tokenizer.ggml.model", "gpt2");
    gguf.metadata.put("tokenizer.ggml.pre", "chaos");
    assertTrue(GgufImport.run(write(gguf), out, DType.F32).note().contains("\"chaos\""));
    gguf.metadata.keySet().removeIf(key -> key.startsWith("tokenizer."));
    assertTrue(GgufImport.run(write(gguf), out, DType.F32).note().contains("holds none"));
  }

  @Test
  void readsRope() throws Exception {
    GgufBuilder linear = model(GgmlType.F32);
    linear.metadata.put("llama.rope.scaling.type", "linear");
    linear.metadata.put("llama.rope.scaling.factor", 4f);
    assertEquals(RopeConfig.linear(5000, 4), rope(linear));
    GgufBuilder yarn = model(GgmlType.F32);
    yarn.metadata.put("llama.rope.scaling.type", "yarn");
    yarn.metadata.put("llama.rope.scaling.factor", 8f);
    yarn.metadata.put("llama.rope.scaling.original_context_length", 32);
    assertEquals(RopeConfig.yarn(5000, 8, 32), rope(yarn));
    yarn.metadata.put("llama.rope.scaling.type", "longrope");
    assertRefused("llama.rope.scaling.type: expected none, linear or yarn", yarn);
  }

  /** The divisors that llama.cpp's converter writes for factor 8, original length 8192 at theta 5000. */
  @Test
  void readsRopeOfLlama3() throws Exception {
    GgufBuilder gguf = model(GgmlType.F32);
    var divisors = new float[HEAD_DIM / 2];
    for (int i = 0; i < divisors.length; i++) {
      double wavelength = 2 * Math.PI * Math.pow(5000, 2.0 * i / HEAD_DIM);
      double smooth = (8192 / wavelength - 1) / 3;
      divisors[i] = (float) (wavelength < 8192 / 4.0 ? 1 : wavelength > 8192 ? 8
          : 1 / ((1 - smooth) / 8 + smooth));
    }
    assertEquals(1, divisors[0]);
    assertEquals(8, divisors[divisors.length - 1]);
    gguf.tensor("rope_freqs.weight", divisors, divisors.length);
    RopeConfig rope = rope(gguf);
    assertEquals(new RopeConfig(RopeConfig.Type.LLAMA3, 5000, 8, 8192, 1, 4, 32, 1, 0, 0, 0, true), rope);
    divisors[4] *= 1.01f;
    gguf.tensor("rope_freqs.weight", divisors, divisors.length);
    assertRefused("rope_freqs.weight: expected the frequencies of Llama 3", gguf);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      general.architecture                    | qwen2 | general.architecture: expected "llama" but found "qwen2"
      llama.expert_count                      | 8     | mixtures of experts
      llama.block_count                       | 3     | expected a tensor blk.2.attn_q.weight
      llama.block_count                       | 1     | tensor blk.1.attn_norm.weight has no place
      llama.embedding_length                  | 32    | llama.rope.dimension_count: expected 8 but found 16
      llama.feed_forward_length               | 95    | ffn_gate.weight: expected the shape 95 x 64 but found 96 x 64
      llama.attention.head_count              | 3     | expected a number that divides the width of 64
      llama.attention.key_length              | 32    | llama.rope.dimension_count: expected
      llama.attention.value_length            | 32    | llama.attention.value_length: expected
      llama.rope.dimension_count              | 8     | llama.rope.dimension_count: expected
      llama.context_length                    | 0     | llama.context_length: expected
      llama.rope.scaling.attn_factor          | 1.5   | attn_factor
      tokenizer.ggml.eos_token_id             | 99999 | tokenizer.ggml.eos_token_id: expected
      """)
  void refuses(String key, String value, String sentence) throws Exception {
    GgufBuilder gguf = model(GgmlType.F32);
    gguf.metadata.put(key, value.contains(".") ? (Object) Float.valueOf(value)
        : Character.isDigit(value.charAt(0)) ? (Object) Integer.valueOf(value) : value);
    assertRefused(sentence, gguf);
  }

  @Test
  void refusesTokenizersThatDoNotFit() throws Exception {
    GgufBuilder gguf = model(GgmlType.F32);
    List<String> tokens = new ArrayList<>(TinyTokenizer.tokens());
    tokens.set(5, tokens.get(6));
    gguf.metadata.put("tokenizer.ggml.tokens", tokens);
    assertRefused("tokenizer.ggml.tokens: expected different tokens", gguf);
    tokens.set(5, "x1");
    tokens.add("x2");
    gguf.metadata.put("tokenizer.ggml.tokens", tokens);
    assertRefused("expected at most 265 tokens", gguf);
    gguf.metadata.put("tokenizer.ggml.tokens", TinyTokenizer.tokens());
    gguf.metadata.put("tokenizer.ggml.merges", List.of("th e", "no merge"));
    assertRefused("tokenizer.ggml.merges: expected two tokens", gguf);
    gguf.metadata.put("tokenizer.ggml.merges", List.of());
    gguf.metadata.put("tokenizer.ggml.token_type", List.of(1, 2));
    assertRefused("tokenizer.ggml.token_type: expected 265 entries", gguf);
    gguf.tensors.remove("token_embd.weight");
    assertRefused("expected a tensor token_embd.weight", gguf);
  }

  /** Norms and sums of all tensors of SmolLM2-135M as PyTorch's dequantiser gives them, and its tokenizer. */
  @Test
  void importsSmolLm2() throws Exception {
    Path shared = SharedFolder.require("models/smollm2-135m-instruct");
    Path out = folder.resolve("smol");
    GgufImport.run(shared.resolve("SmolLM2-135M-Instruct.Q4_1.gguf"), out, DType.F32);
    assertEquals(Json.readFile(shared.resolve("tokenizer.json")), Json.readFile(out.resolve("tokenizer.json")));
    assertEquals(Json.readFile(shared.resolve("tokenizer_config.json")),
        Json.readFile(out.resolve("tokenizer_config.json")));
    assertEquals(Json.readFile(shared.resolve("generation_config.json")),
        Json.readFile(out.resolve("generation_config.json")));
    var reference = Json.readFile(shared.resolve("reference/text.json")).get("tensors");
    try (var made = ModelFolder.open(out)) {
      made.check();
      assertEquals(ModelConfig.parse(Json.readFile(shared.resolve("config.json")), "given"), made.config());
      assertEquals(272, reference.size());
      for (var field : reference.properties()) {
        double sum = 0;
        double squares = 0;
        double sizes = 0;
        for (float value : made.tensor(field.getKey()).file().readFloats(field.getKey())) {
          sum += value;
          squares += (double) value * value;
          sizes += Math.abs(value);
        }
        // Both sides round each element once to fp32 (2⁻²⁴ of its size) and sum in double.
        assertEquals(field.getValue().get("sum").doubleValue(), sum, Math.scalb(sizes, -23), field.getKey());
        double norm = field.getValue().get("norm").doubleValue();
        assertEquals(norm, Math.sqrt(squares), Math.scalb(norm, -23), field.getKey());
      }
    }
  }

  private RopeConfig rope(GgufBuilder gguf) throws Exception {
    GgufImport.run(write(gguf), folder.resolve("rope"), DType.F32);
    try (var made = ModelFolder.open(folder.resolve("rope"))) {
      return made.config().rope();
    }
  }

  private void assertRefused(String sentence, GgufBuilder gguf) throws Exception {
    Path file = write(gguf);
    Path out = folder.resolve("refused");
    String message =
        assertThrows(LodestoneException.class, () -> GgufImport.run(file, out, DType.F32)).getMessage();
    assertTrue(message.contains(sentence) && message.contains("x.gguf"), message);
    assertEquals(1, message.lines().count());
    assertFalse(Files.exists(out), "something was written");
  }

  private GgufBuilder model(GgmlType type) {
    var gguf = new GgufBuilder();
    gguf.metadata.put("general.architecture", "llama");
    gguf.metadata.put("llama.block_count", 2);
    gguf.metadata.put("llama.context_length", 256);
    gguf.metadata.put("llama.embedding_length", HIDDEN);
    gguf.metadata.put("llama.feed_forward_length", 96);
    gguf.metadata.put("llama.attention.head_count", 4);
    gguf.metadata.put("llama.attention.head_count_kv", 2);
    gguf.metadata.put("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    gguf.metadata.put("llama.rope.freq_base", 5000f);
    gguf.metadata.put("llama.rope.dimension_count", HEAD_DIM);
    List<Integer> types = new ArrayList<>(java.util.Collections.nCopies(VOCABULARY, 1));
    types.set(TinyTokenizer.START, 3);
    types.set(TinyTokenizer.END, 3);
    gguf.metadata.put("tokenizer.ggml.model", "gpt2");
    gguf.metadata.put("tokenizer.ggml.tokens", TinyTokenizer.tokens());
    gguf.metadata.put("tokenizer.ggml.token_type", types);
    gguf.metadata.put("tokenizer.ggml.merges", TinyTokenizer.merges());
    gguf.metadata.put("tokenizer.ggml.bos_token_id", TinyTokenizer.START);
    gguf.metadata.put("tokenizer.ggml.eos_token_id", TinyTokenizer.END);
    var random = new Random(type.ordinal());
    put(gguf, "token_embd.weight", "model.embed_tokens.weight", type, VOCABULARY, HIDDEN, random);
    put(gguf, "output_norm.weight", "model.norm.weight", GgmlType.F32, 1, HIDDEN, random);
    for (int layer = 0; layer < 2; layer++) {
      String from = "blk." + layer + ".";
      String to = "model.layers." + layer + ".";
      put(gguf, from + "attn_norm.weight", to + "input_layernorm.weight", GgmlType.F32, 1, HIDDEN, random);
      put(gguf, from + "ffn_norm.weight", to + "post_attention_layernorm.weight", GgmlType.F32, 1, HIDDEN, random);
      put(gguf, from + "attn_q.weight", to + "self_attn.q_proj.weight", type, 64, HIDDEN, random);
      put(gguf, from + "attn_k.weight", to + "self_attn.k_proj.weight", type, 32, HIDDEN, random);
      put(gguf, from + "attn_v.weight", to + "self_attn.v_proj.weight", type, 32, HIDDEN, random);
      put(gguf, from + "attn_output.weight", to + "self_attn.o_proj.weight", type, HIDDEN, 64, random);
      put(gguf, from + "ffn_gate.weight", to + "mlp.gate_proj.weight", type, 96, HIDDEN, random);
      put(gguf, from + "ffn_up.weight", to + "mlp.up_proj.weight", type, 96, HIDDEN, random);
      put(gguf, from + "ffn_down.weight", to + "mlp.down_proj.weight", type, HIDDEN, 96, random);
    }
    return gguf;
  }

  private void put(GgufBuilder gguf, String from, String to, GgmlType type, int rows, int columns, Random random) {
    byte[] data = GgmlTypeTest.random(type, rows * columns / type.blockElements(), random);
    expected.put(to, GgmlTypeTest.reference(type, data));
    long[] dimensions = rows == 1 ? new long[] {columns} : new long[] {columns, rows};
    gguf.tensor(from, type, data, dimensions);
  }

  private Path write(GgufBuilder gguf) throws Exception {
    return Files.write(folder.resolve("x.gguf"), gguf.build());
  }
}
