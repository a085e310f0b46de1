using System.Text;
using System.Text.Json.Nodes;
using PaliGemma.Configuration;

namespace PaliGemma.Tests.Configuration;

public class PaliGemmaConfigDefaultsTests
{
    /// <summary>What the published files of PaliGemma 3B say: whatever equals the reference's defaults is left out.</summary>
    private const string Published = """
        {
          "architectures": ["PaliGemmaForConditionalGeneration"],
          "bos_token_id": 2,
          "eos_token_id": 1,
          "hidden_size": 2048,
          "ignore_index": -100,
          "image_token_index": 257152,
          "model_type": "paligemma",
          "pad_token_id": 0,
          "projection_dim": 2048,
          "text_config": {
            "hidden_size": 2048,
            "intermediate_size": 16384,
            "model_type": "gemma",
            "num_attention_heads": 8,
            "num_hidden_layers": 18,
            "num_image_tokens": 256,
            "num_key_value_heads": 1,
            "torch_dtype": "float32",
            "vocab_size": 257216
          },
          "torch_dtype": "float32",
          "transformers_version": "4.42.0.dev0",
          "vision_config": {
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "model_type": "siglip_vision_model",
            "num_attention_heads": 16,
            "num_hidden_layers": 27,
            "num_image_tokens": 256,
            "patch_size": 14,
            "projection_dim": 2048,
            "projector_hidden_act": "gelu_fast",
            "vision_use_head": false
          }
        }
        """;

    /// <summary>Every value that a field must not have: its path, the value as JSON, and what the sentence says of it.</summary>
    public static TheoryData<string, string, string> BadFields => new()
    {
        { "model_type", "\"llava\"", "model_type is \"llava\"; expected \"paligemma\"." },
        { "model_type", "null", "model_type is missing; expected \"paligemma\"." },
        { "text_config", "null", "text_config is missing" },
        { "text_config", "7", "text_config is 7; expected an object." },
        { "vision_config", "null", "vision_config is missing" },
        { "vision_config", "[]", "vision_config is []; expected an object." },
        { "projection_dim", "1024", "projection_dim is 1024; expected the decoder's width 2048." },
        { "image_token_index", "257217", "image_token_index is 257217; expected a whole number from 0 to 257216." },
        { "eos_token_id", "[1, 107]", "eos_token_id is [1,107]; expected a whole number from 0 to 257215." },
        { "torch_dtype", "16", "torch_dtype is 16; expected a string." },
        { "text_config.model_type", "\"llama\"", "text_config.model_type is \"llama\"; expected \"gemma\" or \"gemma2\"." },
        { "text_config.hidden_activation", "\"relu\"", "text_config.hidden_activation is \"relu\"; expected \"gelu_pytorch_tanh\"." },
        { "text_config.attention_bias", "true", "text_config.attention_bias is true; expected false" },
        { "text_config.attention_bias", "0", "text_config.attention_bias is 0; expected true or false." },
        { "text_config.num_hidden_layers", "0", "text_config.num_hidden_layers is 0; expected a whole number from 1 to 1024." },
        { "text_config.num_hidden_layers", "2000000000", "text_config.num_hidden_layers is 2000000000; expected" },
        { "text_config.hidden_size", "2048.5", "text_config.hidden_size is 2048.5; expected a whole number" },
        { "text_config.hidden_size", "\"2048\"", "text_config.hidden_size is \"2048\"; expected a whole number" },
        { "text_config.vocab_size", "-1", "text_config.vocab_size is -1; expected a whole number" },
        { "text_config.num_key_value_heads", "3", "text_config.num_key_value_heads is 3; expected a divisor of the 8 heads." },
        { "text_config.num_key_value_heads", "16", "text_config.num_key_value_heads is 16; expected a whole number from 1 to 8." },
        { "text_config.head_dim", "255", "text_config.head_dim is 255; expected an even number, for rotary positions." },
        { "text_config.rms_norm_eps", "0", "text_config.rms_norm_eps is 0; expected a number above 0." },
        { "text_config.rope_theta", "1e99", "text_config.rope_theta is 1e99; expected a number above 0." },
        { "vision_config.hidden_act", "\"gelu\"", "vision_config.hidden_act is \"gelu\"; expected \"gelu_pytorch_tanh\"." },
        { "vision_config.num_attention_heads", "7", "vision_config.num_attention_heads is 7; expected a divisor of the hidden size 1152." },
        { "vision_config.num_channels", "1", "vision_config.num_channels is 1; expected a whole number from 3 to 3." },
        { "vision_config.image_size", "13", "vision_config.image_size is 13; expected at least one patch of 14." },
        { "vision_config.image_size", "100000", "vision_config.image_size is 100000; expected a whole number from 1 to 8192." },
        { "vision_config.layer_norm_eps", "\"small\"", "vision_config.layer_norm_eps is \"small\"; expected a number above 0." },
    };

    [Theory]
    [InlineData("\"model_type\": \"\\ud800\"")]
    [InlineData("\"model_type\": \"\u00ff\"")]
    [InlineData("\"model_type\": \"paligemma\", \"text_config\": \"\u00ff\"")]
    public void A_text_that_is_not_in_Unicode_is_refused(string field)
    {
        byte[] json = System.Text.Encoding.Latin1.GetBytes($"{{ {field} }}");
        ModelFileException error = Assert.Throws<ModelFileException>(() => PaliGemmaConfig.Parse(json, "config.json"));
        Assert.StartsWith("config.json has a text that is not in Unicode", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 256)]
    [InlineData(224, 256)]
    [InlineData(448, 1024)]
    [InlineData(896, 4096)]
    [InlineData(225, 256)]
    [InlineData(14, 1)]
    [InlineData(41, 4)]
    public void A_published_file_is_completed_with_the_references_defaults(int? imageSize, int patches)
    {
        JsonObject json = Parse(Published);
        json["vision_config"]!["image_size"] = imageSize;
        PaliGemmaConfig config = Read(json);

        Assert.Equal(
            new SiglipVisionConfig
            {
                HiddenSize = 1152,
                IntermediateSize = 4304,
                LayerCount = 27,
                HeadCount = 16,
                PatchSize = 14,
                ImageSize = imageSize ?? 224,
                ChannelCount = 3,
                LayerNormEpsilon = 1e-6f,
            },
            config.Vision);
        Assert.Equal((72, patches), (config.Vision.HeadSize, config.Vision.PatchCount));
        Assert.Equal(
            new GemmaConfig
            {
                Version = GemmaVersion.Gemma1,
                HiddenSize = 2048,
                IntermediateSize = 16384,
                LayerCount = 18,
                HeadCount = 8,
                KeyValueHeadCount = 1,
                HeadSize = 256,
                VocabularySize = 257216,
                RmsNormEpsilon = 1e-6f,
                RopeTheta = 10000,
                QueryPreAttentionScalar = 256,
                AttentionSoftCap = 0,
                FinalSoftCap = 0,
                SlidingWindow = null,
                MaxPositions = 8192,
            },
            config.Text);
        Assert.Equal(
            (257152, 2, 1, 0, 2048, "float32"),
            (config.ImageTokenId, config.BosTokenId, config.EosTokenId, config.PadTokenId, config.ProjectionSize, config.StoredType));
    }

    [Fact]
    public void A_file_that_says_nothing_describes_the_references_default_model()
    {
        PaliGemmaConfig config = Read(Parse("""{"model_type": "paligemma", "text_config": {}, "vision_config": {}, "projection_dim": 3072}"""));
        Assert.Equal(new SiglipVisionConfig(), config.Vision);
        Assert.Equal((768, 3072, 12, 12, 16), (config.Vision.HiddenSize, config.Vision.IntermediateSize, config.Vision.LayerCount,
            config.Vision.HeadCount, config.Vision.PatchSize));
        Assert.Equal((3072, 24576, 28, 16, 16, 256, 256000), (config.Text.HiddenSize, config.Text.IntermediateSize, config.Text.LayerCount,
            config.Text.HeadCount, config.Text.KeyValueHeadCount, config.Text.HeadSize, config.Text.VocabularySize));
        Assert.Equal((256000, 2, 1, 0), (config.ImageTokenId, config.BosTokenId, config.EosTokenId, config.PadTokenId));
        Assert.Null(config.StoredType);
    }

    [Fact]
    public void Gemma_2_has_defaults_of_its_own()
    {
        GemmaConfig text = Read(Parse(
            """{"model_type": "paligemma", "text_config": {"model_type": "gemma2"}, "vision_config": {}, "projection_dim": 2304}""")).Text;
        Assert.Equal(GemmaVersion.Gemma2, text.Version);
        Assert.Equal((2304, 9216, 26, 8, 4, 256), (text.HiddenSize, text.IntermediateSize, text.LayerCount, text.HeadCount,
            text.KeyValueHeadCount, text.HeadSize));
        Assert.Equal((256, 50, 30, 4096), (text.QueryPreAttentionScalar, text.AttentionSoftCap, text.FinalSoftCap, text.SlidingWindow));
        Assert.Equal(1f / 16, text.QueryScale);
    }

    [Fact]
    public void Gemma_2_without_soft_caps_says_null()
    {
        GemmaConfig text = Read(Parse("""
            {"model_type": "paligemma", "vision_config": {}, "projection_dim": 2304,
             "text_config": {"model_type": "gemma2", "attn_logit_softcapping": null, "final_logit_softcapping": null, "query_pre_attn_scalar": 144}}
            """)).Text;
        Assert.Equal((0, 0, 1f / 12), (text.AttentionSoftCap, text.FinalSoftCap, text.QueryScale));
    }

    [Fact]
    public void Gemma_1_scales_queries_by_the_width_of_a_head_whatever_else_is_said()
    {
        JsonObject json = Parse(Published);
        json["text_config"]!["head_dim"] = 64;
        json["text_config"]!["query_pre_attn_scalar"] = 7;
        json["text_config"]!["attn_logit_softcapping"] = 7;
        GemmaConfig text = Read(json).Text;
        Assert.Equal((64, 1f / 8, 0), (text.HeadSize, text.QueryScale, text.AttentionSoftCap));
    }

    [Fact]
    public void Newer_names_of_fields_are_understood()
    {
        JsonObject json = Parse(Published);
        json.Remove("image_token_index");
        json.Remove("torch_dtype");
        json["image_token_id"] = 5;
        json["dtype"] = "bfloat16";
        Assert.Equal((5, "bfloat16"), (Read(json).ImageTokenId, Read(json).StoredType));
    }

    [Theory]
    [MemberData(nameof(BadFields))]
    public void A_bad_field_is_named_with_what_it_is_and_what_was_expected(string path, string value, string sentence)
    {
        JsonObject json = Parse(Published);
        Set(json, path, JsonNode.Parse(value));
        ModelFileException error = Assert.Throws<ModelFileException>(() => Read(json));
        Assert.StartsWith($"config.json: {sentence}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Any_value_in_any_field_gives_a_configuration_or_one_sentence()
    {
        string[] values =
            ["null", "true", "-1", "0", "1", "3", "1e400", "0.5", "9999999999", "\"\"", "\"gemma2\"", "[]", "{}", "[[[[1]]]]", "{\"a\": {}}"];
        JsonObject json = Parse(Published);
        string[] paths =
        [
            .. json.Select(field => field.Key),
            .. json["text_config"]!.AsObject().Select(field => "text_config." + field.Key),
            .. json["vision_config"]!.AsObject().Select(field => "vision_config." + field.Key),
        ];
        int refused = 0;
        foreach (string path in paths)
        {
            foreach (string value in values)
            {
                JsonObject changed = Parse(Published);
                Set(changed, path, JsonNode.Parse(value));
                try
                {
                    Assert.NotNull(Read(changed));
                }
                catch (ModelFileException error)
                {
                    Assert.StartsWith("config.json: ", error.Message, StringComparison.Ordinal);
                    refused++;
                }
            }
        }
        Assert.InRange(refused, 100, (paths.Length * values.Length) - 100);
    }

    [Theory]
    [InlineData("", "is not valid JSON")]
    [InlineData("{", "is not valid JSON")]
    [InlineData("[1]", "holds Array; expected an object.")]
    [InlineData("null", "holds Null; expected an object.")]
    public void What_is_no_object_is_refused(string text, string sentence) => Assert.StartsWith(
        "config.json " + sentence,
        Assert.Throws<ModelFileException>(() => PaliGemmaConfig.Parse(Encoding.UTF8.GetBytes(text), "config.json")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_missing_folder_or_file_is_named()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(
            $"The folder {folder.FullName} has no config.json; expected a PaliGemma model folder.",
            Assert.Throws<ModelFileException>(() => PaliGemmaConfig.Load(folder.FullName)).Message);
        string missing = folder.File("missing");
        Assert.Equal(
            $"There is no folder {missing}; expected a PaliGemma model folder.",
            Assert.Throws<ModelFileException>(() => PaliGemmaConfig.Load(missing)).Message);
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private static PaliGemmaConfig Read(JsonObject json) => PaliGemmaConfig.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "config.json");

    private static void Set(JsonObject json, string path, JsonNode? value)
    {
        string[] names = path.Split('.');
        JsonObject parent = names.Length == 1 ? json : json[names[0]]!.AsObject();
        parent[names[^1]] = value;
    }
}
