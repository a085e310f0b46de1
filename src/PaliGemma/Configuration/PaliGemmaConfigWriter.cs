using System.Text.Json;

namespace PaliGemma.Configuration;

/// <summary>
/// Writes the JSON files that describe a model in its folder, as the reference does, but with the sizes spelled out that equal its
/// defaults.
/// </summary>
public static class PaliGemmaConfigWriter
{
    private const string ModelClass = "PaliGemmaForConditionalGeneration";

    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n" };

    /// <summary>Writes <c>config.json</c>, <c>generation_config.json</c> and <c>preprocessor_config.json</c>.</summary>
    /// <param name="folder">A folder that exists.</param>
    /// <param name="config">The model.</param>
    public static void Write(string folder, PaliGemmaConfig config)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(config);
        WriteFile(Path.Combine(folder, "config.json"), json => WriteModel(json, config));
        WriteFile(Path.Combine(folder, "generation_config.json"), json => WriteSpecialTokens(json, config));
        WriteFile(Path.Combine(folder, "preprocessor_config.json"), json => WritePreprocessor(json, config.Vision));
    }

    private static void WriteFile(string path, Action<Utf8JsonWriter> write)
    {
        using FileStream stream = File.Create(path);
        using (Utf8JsonWriter json = new(stream, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
    }

    private static void WriteModel(Utf8JsonWriter json, PaliGemmaConfig config)
    {
        json.WriteStartArray("architectures");
        json.WriteStringValue(ModelClass);
        json.WriteEndArray();
        WriteSpecialTokens(json, config);
        json.WriteNumber("hidden_size", config.Text.HiddenSize);
        json.WriteNumber("ignore_index", -100);
        json.WriteNumber("image_token_index", config.ImageTokenId);
        json.WriteString("model_type", "paligemma");
        json.WriteNumber("projection_dim", config.ProjectionSize);
        json.WriteStartObject("text_config");
        WriteDecoder(json, config.Text);
        json.WriteNumber("num_image_tokens", config.Vision.PatchCount);
        WriteStoredType(json, config);
        json.WriteEndObject();
        WriteStoredType(json, config);
        json.WriteStartObject("vision_config");
        WriteVision(json, config.Vision);
        json.WriteNumber("projection_dim", config.ProjectionSize);
        json.WriteEndObject();
    }

    private static void WriteStoredType(Utf8JsonWriter json, PaliGemmaConfig config)
    {
        if (config.StoredType is not null)
        {
            json.WriteString("torch_dtype", config.StoredType);
        }
    }

    private static void WriteSpecialTokens(Utf8JsonWriter json, PaliGemmaConfig config)
    {
        json.WriteNumber("bos_token_id", config.BosTokenId);
        json.WriteNumber("eos_token_id", config.EosTokenId);
        json.WriteNumber("pad_token_id", config.PadTokenId);
    }

    private static void WriteDecoder(Utf8JsonWriter json, GemmaConfig config)
    {
        bool second = config.Version == GemmaVersion.Gemma2;
        json.WriteString("model_type", second ? "gemma2" : "gemma");
        json.WriteNumber("hidden_size", config.HiddenSize);
        json.WriteNumber("intermediate_size", config.IntermediateSize);
        json.WriteNumber("num_hidden_layers", config.LayerCount);
        json.WriteNumber("num_attention_heads", config.HeadCount);
        json.WriteNumber("num_key_value_heads", config.KeyValueHeadCount);
        json.WriteNumber("head_dim", config.HeadSize);
        json.WriteNumber("vocab_size", config.VocabularySize);
        json.WriteNumber("rms_norm_eps", config.RmsNormEpsilon);
        json.WriteNumber("rope_theta", config.RopeTheta);
        json.WriteNumber("max_position_embeddings", config.MaxPositions);
        json.WriteString("hidden_activation", "gelu_pytorch_tanh");
        if (second)
        {
            json.WriteNumber("query_pre_attn_scalar", config.QueryPreAttentionScalar);
            WriteCap(json, "attn_logit_softcapping", config.AttentionSoftCap);
            WriteCap(json, "final_logit_softcapping", config.FinalSoftCap);
            if (config.SlidingWindow is int window)
            {
                json.WriteNumber("sliding_window", window);
            }
        }
    }

    private static void WriteCap(Utf8JsonWriter json, string name, float cap)
    {
        if (cap == 0)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, cap);
        }
    }

    private static void WriteVision(Utf8JsonWriter json, SiglipVisionConfig config)
    {
        json.WriteString("model_type", "siglip_vision_model");
        json.WriteNumber("hidden_size", config.HiddenSize);
        json.WriteNumber("intermediate_size", config.IntermediateSize);
        json.WriteNumber("num_hidden_layers", config.LayerCount);
        json.WriteNumber("num_attention_heads", config.HeadCount);
        json.WriteNumber("num_channels", config.ChannelCount);
        json.WriteNumber("patch_size", config.PatchSize);
        json.WriteNumber("image_size", config.ImageSize);
        json.WriteNumber("layer_norm_eps", config.LayerNormEpsilon);
        json.WriteString("hidden_act", "gelu_pytorch_tanh");
        json.WriteNumber("num_image_tokens", config.PatchCount);
        json.WriteBoolean("vision_use_head", false);
    }

    private static void WritePreprocessor(Utf8JsonWriter json, SiglipVisionConfig config)
    {
        json.WriteNull("do_convert_rgb");
        json.WriteBoolean("do_normalize", true);
        json.WriteBoolean("do_rescale", true);
        json.WriteBoolean("do_resize", true);
        WriteChannels(json, "image_mean");
        json.WriteString("image_processor_type", "SiglipImageProcessor");
        json.WriteNumber("image_seq_length", config.PatchCount);
        WriteChannels(json, "image_std");
        json.WriteString("processor_class", "PaliGemmaProcessor");
        json.WriteNumber("resample", 3);
        json.WriteNumber("rescale_factor", 0.00392156862745098);
        json.WriteStartObject("size");
        json.WriteNumber("height", config.ImageSize);
        json.WriteNumber("width", config.ImageSize);
        json.WriteEndObject();

        static void WriteChannels(Utf8JsonWriter json, string name)
        {
            json.WriteStartArray(name);
            for (int channel = 0; channel < 3; channel++)
            {
                json.WriteNumberValue(0.5);
            }
            json.WriteEndArray();
        }
    }
}
