using System.Text.Json;

namespace PaliGemma.Configuration;

/// <summary>
/// A checkpoint's config.json. Published files leave out whatever equals the reference's default (configuration_paligemma.py), and carry
/// fields that mean nothing; both are handled here, so that the rest of the code sees plain sizes.
/// </summary>
public sealed record PaliGemmaConfig
{
    /// <summary>The largest width, count or vocabulary accepted: far above every model, far below overflow.</summary>
    private const int Largest = 1 << 20;

    /// <summary>The most patches accepted: the largest models have 4,096.</summary>
    private const int MostImageTokens = 1 << 16;

    /// <summary>The image tower.</summary>
    public required SiglipVisionConfig Vision { get; init; }

    /// <summary>The decoder.</summary>
    public required GemmaConfig Text { get; init; }

    /// <summary>The token that stands for one image feature.</summary>
    public int ImageTokenId { get; init; } = 256000;

    /// <summary>Begins the text.</summary>
    public int BosTokenId { get; init; } = 2;

    /// <summary>Ends the answer.</summary>
    public int EosTokenId { get; init; } = 1;

    /// <summary>Fills up rows.</summary>
    public int PadTokenId { get; init; }

    /// <summary>Width of the projector's output; equals the decoder's.</summary>
    public int ProjectionSize { get; init; } = 2048;

    /// <summary>What the file says of its weights' element type, for instance <c>bfloat16</c>; null if it says nothing.</summary>
    public string? StoredType { get; init; }

    /// <summary>Reads config.json of a model folder.</summary>
    /// <exception cref="ModelFileException">The file is missing or does not describe a PaliGemma.</exception>
    public static PaliGemmaConfig Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
        {
            throw new ModelFileException(
                Directory.Exists(folder)
                    ? $"The folder {folder} has no config.json; expected a PaliGemma model folder."
                    : $"There is no folder {folder}; expected a PaliGemma model folder.");
        }
        return LoadFile(path);
    }

    /// <summary>Reads a config.json of any name.</summary>
    /// <exception cref="ModelFileException">The file cannot be read or does not describe a PaliGemma.</exception>
    public static PaliGemmaConfig LoadFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        const long LongestFile = 1 << 20;
        return Parse(ModelFile.ReadAll(path, LongestFile), path);
    }

    /// <summary>Reads the text of a config.json.</summary>
    /// <param name="utf8Json">The text.</param>
    /// <param name="path">The name that errors give the file.</param>
    /// <exception cref="ModelFileException">The text does not describe a PaliGemma.</exception>
    public static PaliGemmaConfig Parse(ReadOnlyMemory<byte> utf8Json, string path)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(
                utf8Json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false });
        }
        catch (JsonException error)
        {
            throw new ModelFileException($"{path} is not valid JSON: {error.Message}", error);
        }
        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new ModelFileException($"{path} holds {document.RootElement.ValueKind}; expected an object.");
            }
            try
            {
                return Read(new JsonFields(document.RootElement, path));
            }
            catch (InvalidOperationException error)
            {
                // The parser passes over texts, and finds out when they are read.
                throw new ModelFileException($"{path} has a text that is not in Unicode; expected JSON in UTF-8.", error);
            }
        }
    }

    private static PaliGemmaConfig Read(JsonFields root)
    {
        string? type = root.Text("model_type");
        if (type != "paligemma")
        {
            throw root.Wrong("model_type", type is null ? "is missing" : $"is \"{type}\"", "expected \"paligemma\"");
        }
        JsonFields text = root.Child("text_config") ?? throw root.Wrong("text_config", "is missing", "expected the decoder's sizes");
        JsonFields vision = root.Child("vision_config") ?? throw root.Wrong("vision_config", "is missing", "expected the image tower's sizes");
        CheckQuantization(root);
        GemmaConfig decoder = ReadDecoder(text);
        int vocabulary = decoder.VocabularySize;
        int projection = root.Integer("projection_dim", 1, Largest, 2048);
        if (projection != decoder.HiddenSize)
        {
            throw root.Wrong("projection_dim", $"is {projection}", $"expected the decoder's width {decoder.HiddenSize}");
        }
        return new PaliGemmaConfig
        {
            Vision = ReadVision(vision),
            Text = decoder,
            // It may follow the table's last row, as in big_vision's checkpoints: image tokens are not looked up.
            ImageTokenId = root.Integer(
                root.Object.TryGetProperty("image_token_id", out _) ? "image_token_id" : "image_token_index", 0, vocabulary, 256000),
            BosTokenId = root.Integer("bos_token_id", 0, vocabulary - 1, 2),
            EosTokenId = root.Integer("eos_token_id", 0, vocabulary - 1, 1),
            PadTokenId = root.Integer("pad_token_id", 0, vocabulary - 1, 0),
            ProjectionSize = projection,
            StoredType = root.Text("torch_dtype") ?? root.Text("dtype"),
        };
    }

    /// <summary>The tensors themselves say how they are quantised; this is for formats whose tensors would only be missing.</summary>
    private static void CheckQuantization(JsonFields root)
    {
        if (root.Child("quantization_config") is JsonFields quantization
            && quantization.Text("quant_method") is string method && method is not ("bitsandbytes" or "paligemma-int4"))
        {
            throw quantization.Wrong("quant_method", $"is \"{method}\"", "expected \"bitsandbytes\" or \"paligemma-int4\"");
        }
    }

    private static SiglipVisionConfig ReadVision(JsonFields fields)
    {
        SiglipVisionConfig defaults = new();
        CheckActivation(fields, "hidden_act");
        SiglipVisionConfig config = new()
        {
            HiddenSize = fields.Integer("hidden_size", 1, Largest, defaults.HiddenSize),
            IntermediateSize = fields.Integer("intermediate_size", 1, Largest, defaults.IntermediateSize),
            LayerCount = fields.Integer("num_hidden_layers", 1, 1024, defaults.LayerCount),
            HeadCount = fields.Integer("num_attention_heads", 1, 1024, defaults.HeadCount),
            PatchSize = fields.Integer("patch_size", 1, 1024, defaults.PatchSize),
            ImageSize = fields.Integer("image_size", 1, 8192, defaults.ImageSize),
            ChannelCount = fields.Integer("num_channels", 3, 3, defaults.ChannelCount),
            LayerNormEpsilon = fields.Positive("layer_norm_eps", defaults.LayerNormEpsilon),
        };
        if (config.HiddenSize % config.HeadCount != 0)
        {
            throw fields.Wrong("num_attention_heads", $"is {config.HeadCount}", $"expected a divisor of the hidden size {config.HiddenSize}");
        }
        if (config.ImageSize < config.PatchSize)
        {
            throw fields.Wrong("image_size", $"is {config.ImageSize}", $"expected at least one patch of {config.PatchSize}");
        }
        return config.PatchCount <= MostImageTokens
            ? config
            : throw fields.Wrong("image_size", $"gives {config.PatchCount} image tokens", $"expected at most {MostImageTokens}");
    }

    private static GemmaConfig ReadDecoder(JsonFields fields)
    {
        string? type = fields.Text("model_type");
        GemmaVersion version = type switch
        {
            null or "gemma" => GemmaVersion.Gemma1,
            "gemma2" => GemmaVersion.Gemma2,
            _ => throw fields.Wrong("model_type", $"is \"{type}\"", "expected \"gemma\" or \"gemma2\""),
        };
        bool second = version == GemmaVersion.Gemma2;
        CheckActivation(fields, "hidden_activation");
        if (fields.Flag("attention_bias", fallback: false))
        {
            throw fields.Wrong("attention_bias", "is true", "expected false, as in every Gemma");
        }
        int heads = fields.Integer("num_attention_heads", 1, 1024, second ? 8 : 16);
        GemmaConfig config = new()
        {
            Version = version,
            HiddenSize = fields.Integer("hidden_size", 1, Largest, second ? 2304 : 3072),
            IntermediateSize = fields.Integer("intermediate_size", 1, Largest, second ? 9216 : 24576),
            LayerCount = fields.Integer("num_hidden_layers", 1, 1024, second ? 26 : 28),
            HeadCount = heads,
            KeyValueHeadCount = fields.Integer("num_key_value_heads", 1, heads, second ? 4 : Math.Min(16, heads)),
            HeadSize = fields.Integer("head_dim", 2, Largest, 256),
            VocabularySize = fields.Integer("vocab_size", 1, 1 << 24, 256000),
            RmsNormEpsilon = fields.Positive("rms_norm_eps", 1e-6f),
            RopeTheta = fields.Positive("rope_theta", 10000),
            QueryPreAttentionScalar = second
                ? fields.Positive("query_pre_attn_scalar", 256)
                : fields.Integer("head_dim", 2, Largest, 256),
            AttentionSoftCap = second ? fields.PositiveOrNull("attn_logit_softcapping", 50) : 0,
            FinalSoftCap = second ? fields.PositiveOrNull("final_logit_softcapping", 30) : 0,
            SlidingWindow = second ? fields.Integer("sliding_window", 1, int.MaxValue, 4096) : null,
            MaxPositions = fields.Integer("max_position_embeddings", 1, int.MaxValue, 8192),
        };
        if (config.HeadCount % config.KeyValueHeadCount != 0)
        {
            throw fields.Wrong("num_key_value_heads", $"is {config.KeyValueHeadCount}", $"expected a divisor of the {config.HeadCount} heads");
        }
        return config.HeadSize % 2 == 0
            ? config
            : throw fields.Wrong("head_dim", $"is {config.HeadSize}", "expected an even number, for rotary positions");
    }

    /// <summary>Every PaliGemma uses GELU's tanh approximation; another activation would silently give other answers.</summary>
    private static void CheckActivation(JsonFields fields, string name)
    {
        string? activation = fields.Text(name);
        if (activation is not (null or "gelu_pytorch_tanh" or "gelu_new"))
        {
            throw fields.Wrong(name, $"is \"{activation}\"", "expected \"gelu_pytorch_tanh\"");
        }
    }
}
