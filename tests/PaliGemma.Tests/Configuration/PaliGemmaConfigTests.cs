using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PaliGemma.Configuration;

namespace PaliGemma.Tests.Configuration;

public class PaliGemmaConfigTests
{
    /// <summary>What a published file says; everything else in it equals the reference's default.</summary>
    private const string Published = """
        {
          "architectures": ["PaliGemmaForConditionalGeneration"], "bos_token_id": 2, "eos_token_id": 1, "hidden_size": 2048,
          "ignore_index": -100, "image_token_index": 257152, "model_type": "paligemma", "pad_token_id": 0, "projection_dim": 2048,
          "text_config": {
            "hidden_size": 2048, "intermediate_size": 16384, "model_type": "gemma", "num_attention_heads": 8, "num_hidden_layers": 18,
            "num_image_tokens": 256, "num_key_value_heads": 1, "torch_dtype": "float32", "vocab_size": 257216
          },
          "torch_dtype": "float32",
          "vision_config": {
            "hidden_size": 1152, "intermediate_size": 4304, "model_type": "siglip_vision_model", "num_attention_heads": 16,
            "num_hidden_layers": 27, "num_image_tokens": 256, "patch_size": 14, "projection_dim": 2048, "projector_hidden_act": "gelu_fast", "vision_use_head": false
          },
          "vocab_size": 257152
        }
        """;

    [Fact]
    public void What_a_published_file_leaves_out_has_the_references_default()
    {
        Assert.True(PaliGemmaPresets.TryGet("3b-224", out PaliGemmaConfig expected));
        Assert.Equal(expected with { StoredType = "float32" }, Parse(Published));
    }

    public static TheoryData<string, string, string> Wrong => new()
    {
        { "model_type", "\"llava\"", "model_type is \"llava\"; expected \"paligemma\"" },
        { "model_type", "null", "model_type is missing" },
        { "model_type", "[1]", "model_type is [1]; expected a string" },
        { "text_config", "null", "text_config is missing" },
        { "text_config", "[]", "text_config is []; expected an object" },
        { "vision_config", "7", "vision_config is 7; expected an object" },
        { "projection_dim", "1024", "projection_dim is 1024; expected the decoder's width 2048" },
        { "image_token_index", "257217", "image_token_index is 257217; expected a whole number from 0 to 257216" },
        { "image_token_index", "1e300", "image_token_index is 1e300; expected a whole number" },
        { "image_token_index", "-1", "image_token_index is -1; expected a whole number" },
        { "text_config.model_type", "\"llama\"", "text_config.model_type is \"llama\"" },
        { "text_config.hidden_size", "0", "text_config.hidden_size is 0; expected a whole number from 1" },
        { "text_config.hidden_size", "1.5", "text_config.hidden_size is 1.5" },
        { "text_config.hidden_size", "99999999999999999999", "text_config.hidden_size is 99999999999999999999" },
        { "text_config.hidden_size", "\"2048\"", "text_config.hidden_size is \"2048\"" },
        { "text_config.num_hidden_layers", "2000000000", "text_config.num_hidden_layers is 2000000000" },
        { "text_config.num_key_value_heads", "3", "text_config.num_key_value_heads is 3; expected a divisor of the 8 heads" },
        { "text_config.head_dim", "255", "text_config.head_dim is 255; expected an even number" },
        { "text_config.rms_norm_eps", "-1", "text_config.rms_norm_eps is -1; expected a number above 0" },
        { "text_config.rms_norm_eps", "1e999", "text_config.rms_norm_eps is 1e999; expected a number above 0" },
        { "text_config.attention_bias", "true", "text_config.attention_bias is true" },
        { "text_config.hidden_activation", "\"relu\"", "text_config.hidden_activation is \"relu\"" },
        { "text_config.vocab_size", "2147483647", "text_config.vocab_size is 2147483647" },
        { "vision_config.num_attention_heads", "7", "vision_config.num_attention_heads is 7; expected a divisor of the hidden size 1152" },
        { "vision_config.image_size", "13", "vision_config.image_size is 13; expected at least one patch of 14" },
        { "vision_config.image_size", "8000", "vision_config.image_size gives 326041 image tokens; expected at most 65536" },
        { "vision_config.patch_size", "-14", "vision_config.patch_size is -14" },
        { "vision_config.num_channels", "4", "vision_config.num_channels is 4; expected a whole number from 3 to 3" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_field_is_named_with_what_was_found_and_expected(string field, string value, string expected)
    {
        string[] path = field.Split('.');
        JsonObject root = JsonNode.Parse(Published)!.AsObject();
        JsonObject parent = path.Length == 1 ? root : root[path[0]]!.AsObject();
        // Not parsed, so that numbers that no type holds stay as they are.
        parent[path[^1]] = "@";
        string json = root.ToJsonString().Replace("\"@\"", value, StringComparison.Ordinal);
        ModelFileException error = Assert.Throws<ModelFileException>(() => Parse(json));
        Assert.StartsWith("config.json: " + expected, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Damaged => new()
    {
        { "", "is not valid JSON" },
        { "{", "is not valid JSON" },
        { Published + "}", "is not valid JSON" },
        { """{"model_type":"paligemma","model_type":"paligemma"}""", "is not valid JSON" },
        { "{\"model_type\":\"\u0001\"}", "is not valid JSON" },
        { "[]", "holds Array; expected an object" },
        { "null", "holds Null; expected an object" },
        { new string('[', 100_000), "is not valid JSON" },
        { string.Concat(Enumerable.Repeat("""{"text_config":""", 50_000)), "is not valid JSON" },
        { $$"""{"model_type":"{{new string('x', 100_000)}}"}""", "model_type is" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_damaged_file_is_refused_with_one_short_sentence(string json, string expected)
    {
        ModelFileException error = Assert.Throws<ModelFileException>(() => Parse(json));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 1, 2001);
        Assert.DoesNotContain(error.Message, char.IsControl);
    }

    [Fact]
    public void A_file_too_long_to_be_a_configuration_is_refused_unread()
    {
        using TemporaryFolder folder = new();
        using (FileStream file = File.Create(folder.File("config.json")))
        {
            file.SetLength(1L << 40);
        }
        ModelFileException error = Assert.Throws<ModelFileException>(() => PaliGemmaConfig.Load(folder.FullName));
        Assert.Contains("is 1099511627776 bytes long", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_folder_or_file_is_named()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("has no config.json", Message(folder.FullName), StringComparison.Ordinal);
        Assert.Contains("There is no folder", Message(folder.File("none")), StringComparison.Ordinal);

        static string Message(string path) => Assert.Throws<ModelFileException>(() => PaliGemmaConfig.Load(path)).Message;
    }

    /// <summary>Whatever bytes are changed: the configuration is read, or it is refused with the library's own exception.</summary>
    [Property(MaxTest = 300)]
    public Property Damage_anywhere_is_read_or_refused() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<(ushort Place, byte Value)[]>(),
            damage =>
            {
                byte[] json = Encoding.UTF8.GetBytes(Published);
                foreach ((ushort place, byte value) in damage)
                {
                    json[place % json.Length] = value;
                }
                try
                {
                    PaliGemmaConfig.Parse(json, "config.json");
                }
                catch (ModelFileException error)
                {
                    Assert.StartsWith("config.json", error.Message, StringComparison.Ordinal);
                }
            });

    private static PaliGemmaConfig Parse(string json) => PaliGemmaConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");
}
