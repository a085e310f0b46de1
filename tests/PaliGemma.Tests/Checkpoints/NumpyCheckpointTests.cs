using System.Text.Json;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Layers;
using PaliGemma.Quantization;
using PaliGemma.Tests.Generation;

namespace PaliGemma.Tests.Checkpoints;

public sealed class NumpyCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("A", "", false, false)]
    [InlineData("A", "params/", true, false)]
    [InlineData("A-bf16", "", false, true)]
    [InlineData("A-bf16", "params/", false, false)]
    [InlineData("A-fp16", "params/", false, false)]
    public void Every_tensor_is_the_published_one_bit_by_bit(string model, string prefix, bool deflate, bool zip64)
    {
        using Checkpoint expected = Checkpoint.Open(Goldens.Path("models", model));
        using Checkpoint actual = Open(model, 300, prefix, new NpzWriter { Deflate = deflate, Zip64 = zip64 });
        Assert.IsType<NumpyCheckpoint>(actual);
        IReadOnlyList<LayoutEntry> layout = TensorLayout.Of(expected.LoadConfig());
        Assert.Equal(layout.Select(entry => entry.Name).Order(StringComparer.Ordinal), actual.Names.Order(StringComparer.Ordinal));
        foreach (LayoutEntry entry in layout)
        {
            StoredTensor tensor = actual.Get(entry.Name, [.. entry.Shape]);
            Assert.Equal(Bytes(expected.Get(entry.Name, [.. entry.Shape])), Bytes(tensor));
            actual.Release(tensor);
            Assert.Equal(Bytes(expected.Get(entry.Name, [.. entry.Shape])), Bytes(actual.Get(entry.Name, [.. entry.Shape])));
        }
    }

    [Theory]
    [InlineData("A", "", WeightFormat.Auto, "p0.ideal", "generate")]
    [InlineData("A", "params/", WeightFormat.BFloat16, "bf16w_fp32.p0.ideal", "dtype")]
    [InlineData("A-bf16", "", WeightFormat.Auto, "bf16w_fp32.p0.ideal", "dtype")]
    [InlineData("A-bf16", "params/", WeightFormat.Float32, "bf16w_fp32.p0.ideal", "dtype")]
    public void The_model_gives_the_reference_logits(string model, string prefix, WeightFormat format, string key, string file)
    {
        const int Vocabulary = 300;
        using GoldenTensors forward = new("expected", "A", "forward.safetensors");
        using GoldenTensors golden = new("expected", "A", file + ".safetensors");
        Checkpoint checkpoint = Open(model, Vocabulary, prefix, new NpzWriter());
        // Model A's embedding has rows beyond the image token, which big_vision's do not.
        PaliGemmaConfig config = checkpoint.LoadConfig() with { ImageTokenId = 290 };
        using PaliGemmaModel loaded = new(config, checkpoint, new ModelOptions { Format = format, Threads = 2 });
        using IDecodingState state = PaliGemmaModelGoldenTests.Prefill(loaded, forward, 0);
        int[] ids = golden.Ids(key + "_ids");
        float[] expected = golden.Floats(key + "_logits");
        float[] logits = new float[Vocabulary];
        for (int step = 0; step < ids.Length; step++)
        {
            loaded.ComputeLogits([state], logits);
            Tensors.AssertClose($"step {step}", expected.AsSpan(step * Vocabulary, Vocabulary), logits, 4e-4);
            loaded.Append([state], new[] { ids[step] }, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Its_quantised_folder_holds_what_the_published_folders_does()
    {
        QuantizationOptions options = new(WeightFormat.Nf4) { DoubleQuantized = true };
        using Checkpoint numpy = Open("A", 300, "", new NpzWriter());
        using TemporaryFolder expectedFolder = new();
        using TemporaryFolder actualFolder = new();
        FolderQuantizer.Quantize(Goldens.Path("models", "A"), expectedFolder.FullName, options);
        FolderQuantizer.Quantize(numpy.Files[0].Path, actualFolder.FullName, options);
        using Checkpoint expected = Checkpoint.Open(expectedFolder.FullName);
        using Checkpoint actual = Checkpoint.Open(actualFolder.FullName);
        Assert.Equal(numpy.LoadConfig().Text.LayerCount, actual.LoadConfig().Text.LayerCount);
        Assert.Equal(expected.Names.Order(StringComparer.Ordinal), actual.Names.Order(StringComparer.Ordinal));
        foreach (string name in expected.Names)
        {
            Assert.True(expected.TryGet(name, out StoredTensor wanted) && actual.TryGet(name, out StoredTensor found) && Bytes(wanted).SequenceEqual(Bytes(found)), name);
        }
    }

    /// <summary>Transposed copies are given back once they are quantised; the weights must not be read after that.</summary>
    [Theory]
    [InlineData(WeightFormat.Int8)]
    [InlineData(WeightFormat.Int4)]
    public void Quantising_when_loading_gives_the_published_folders_model(WeightFormat format)
    {
        using GoldenTensors forward = new("expected", "A", "forward.safetensors");
        using PaliGemmaModel expected = PaliGemmaModelGoldenTests.Load("A", format);
        Checkpoint checkpoint = Open("A", 300, "", new NpzWriter());
        PaliGemmaConfig config = checkpoint.LoadConfig() with { ImageTokenId = 290 };
        using PaliGemmaModel actual = new(config, checkpoint, new ModelOptions { Format = format, Threads = 2 });
        using IDecodingState expectedState = PaliGemmaModelGoldenTests.Prefill(expected, forward, 0);
        using IDecodingState actualState = PaliGemmaModelGoldenTests.Prefill(actual, forward, 0);
        float[] expectedLogits = new float[300];
        float[] actualLogits = new float[300];
        expected.ComputeLogits([expectedState], expectedLogits);
        actual.ComputeLogits([actualState], actualLogits);
        Assert.Equal(expectedLogits, actualLogits);
    }

    [Theory]
    [InlineData("A", "float32")]
    [InlineData("A-bf16", "bfloat16")]
    public void The_configuration_is_derived_from_the_shapes(string model, string type)
    {
        using Checkpoint checkpoint = Open(model, 290, "params/", new NpzWriter());
        PaliGemmaConfig golden = PaliGemmaConfig.Load(Goldens.Path("models", model));
        PaliGemmaConfig expected = golden with
        {
            Text = golden.Text with { VocabularySize = 290 },
            StoredType = type,
        };
        Assert.Equal(expected, checkpoint.LoadConfig());
    }

    [Theory]
    [InlineData(false, "tokenizer.json")]
    [InlineData(true, "tokenizer.model")]
    [InlineData(true, "paligemma_tokenizer.model")]
    public void A_file_with_a_tokenizer_beside_it_answers_as_the_published_folder_does(bool byFile, string tokenizer)
    {
        const int ImageToken = 2252;
        string file = _folder.Write("pt_224.npz", BigVisionCheckpoint.Create("E", ImageToken, new NpzWriter(), "params/"));
        File.Copy(Goldens.Path("models", "E", tokenizer.Replace("paligemma_", "", StringComparison.Ordinal)), _folder.File(tokenizer));
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(byFile ? file : _folder.FullName);
        Assert.Equal((ImageToken, ImageToken), (pipeline.Model.Config.ImageTokenId, pipeline.Model.Config.Text.VocabularySize));
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Goldens.Path("expected", "E", "e2e.json")));
        using GoldenTensors decoded = new("expected", "images", "decoded_u8.safetensors");
        JsonElement test = cases.RootElement.GetProperty("cases")[0];
        int[] ids = [.. test.GetProperty("new_ids").EnumerateArray().Select(id => id.GetInt32())];
        RgbImage image = decoded.Image(test.GetProperty("image").GetString()!);
        GeneratedText text = pipeline.Generate(
            [image], test.GetProperty("prompt").GetString()!, new GenerationOptions { MaxNewTokens = ids.Length }, cancellation: default);
        Assert.Equal(ids, text.Tokens.Select(token => token.Id));
    }

    [Fact]
    public void A_missing_tokenizer_is_named()
    {
        _folder.Write("pt_224.npz", BigVisionCheckpoint.Create("A", 290, new NpzWriter()));
        AssertRefused("neither tokenizer.json nor tokenizer.model", () => PaliGemmaPipeline.Load(_folder.FullName));
    }

    [Fact]
    public void A_tokenizer_of_another_size_is_refused()
    {
        _folder.Write("pt_224.npz", BigVisionCheckpoint.Create("A", 290, new NpzWriter()));
        File.Copy(Goldens.Path("models", "E", "tokenizer.model"), _folder.File("tokenizer.model"));
        AssertRefused("has the image token 2252; the model expects 290", () => PaliGemmaPipeline.Load(_folder.FullName));
    }

    [Fact]
    public void The_mask_autoencoder_beside_a_checkpoint_is_none()
    {
        _folder.Write("pt_224.npz", BigVisionCheckpoint.Create("A", 290, new NpzWriter()));
        _folder.Write("vae-oid.npz", []);
        using Checkpoint checkpoint = Checkpoint.Open(_folder.FullName);
        Assert.Equal(_folder.File("pt_224.npz"), Assert.Single(checkpoint.Files).Path);
    }

    [Fact]
    public void Of_several_files_in_a_folder_one_must_be_named()
    {
        _folder.Write("a.npz", []);
        _folder.Write("b.npz", []);
        AssertRefused("has 2 .npz files", () => Checkpoint.Open(_folder.FullName));
    }

    [Fact]
    public void A_file_of_another_kind_is_refused() =>
        AssertRefused("is no checkpoint", () => Checkpoint.Open(_folder.Write("model.gguf", "GGUF"u8)));

    public static TheoryData<string, string, long[], string> WrongArrays => new()
    {
        { "llm/embedder/input_embedding", "<f4", [300], "expected [vocabulary, width]" },
        { "llm/embedder/input_embedding", "<f4", [0, 48], "expected [vocabulary, width], each at most" },
        { "llm/layers/attn/q_einsum/w", "<f4", [3, 4, 48, 15], "heads of 15; expected an even number" },
        { "llm/layers/attn/q_einsum/w", "<f4", [2000, 1, 1, 2], "2000 layers; expected at most 1024" },
        { "llm/layers/attn/kv_einsum/w", "<f4", [3, 2, 3, 48, 16], "3 heads; expected a divisor of the 4 query heads" },
        { "llm/layers/attn/kv_einsum/w", "<f4", [3, 2, 1, 47, 16], "is [3, 2, 1, 47, 16]; the other arrays expect [3, 2, 1, 48, 16]" },
        { "llm/layers/mlp/linear", "<f4", [3, 48, 96], "is [3, 48, 96]; the other arrays expect [3, 96, 48]" },
        { "llm/layers/mlp/linear", ">f4", [3, 96, 48], "has the element type >f4" },
        { "img/pos_embedding", "<f4", [1, 15, 32], "15 patches; expected a square number" },
        { "img/embedding/kernel", "<f4", [14, 14, 1, 32], "1 channels; expected 3" },
        { "img/embedding/kernel", "<f4", [9000, 1, 3, 1], "patches of 9000 pixels" },
        { "img/head/bias", "<f4", [1, 48], "is [1, 48]; the other arrays expect [48]" },
    };

    [Theory]
    [MemberData(nameof(WrongArrays))]
    public void An_array_that_does_not_fit_is_named_when_the_file_is_opened(string array, string type, long[] shape, string expected)
    {
        byte[] data = new byte[4 * shape.Aggregate((product, extent) => product * extent)];
        NpzWriter writer = new() { Replacing = ("params/" + array, NpzWriter.Array(type, shape, data)) };
        string path = _folder.Write("x.npz", BigVisionCheckpoint.Create("A", 300, writer, "params/"));
        AssertRefused(expected, () => Checkpoint.Open(path));
    }

    [Fact]
    public void A_missing_array_is_named_when_the_file_is_opened()
    {
        NpzWriter writer = new() { Replacing = ("img/head/kernel", null) };
        string path = _folder.Write("x.npz", BigVisionCheckpoint.Create("A", 300, writer));
        AssertRefused("has no array img/head/kernel; expected a PaliGemma checkpoint of big_vision", () => Checkpoint.Open(path));
    }

    [Fact]
    public void PaliGemma_2_is_refused_because_its_caps_are_not_in_the_file()
    {
        NpzWriter writer = new();
        writer.Add("llm/layers/post_attention_norm/scale", "<f4", [3, 48], new byte[3 * 48 * 4]);
        AssertRefused("PaliGemma 2", () => Checkpoint.Open(_folder.Write("x.npz", BigVisionCheckpoint.Create("A", 300, writer))));
    }

    [Fact]
    public void Masks_of_the_decoder_are_no_checkpoint() =>
        AssertRefused("has no array img/embedding/kernel", () => Checkpoint.Open(Goldens.Path("expected", "mask-vae", "expected.npz")));

    public void Dispose() => _folder.Dispose();

    private Checkpoint Open(string model, int vocabulary, string prefix, NpzWriter writer) =>
        Checkpoint.Open(_folder.Write("x.npz", BigVisionCheckpoint.Create(model, vocabulary, writer, prefix)));

    private static byte[] Bytes(StoredTensor tensor) => tensor.Data.Span<byte>(0, (int)tensor.Data.Length).ToArray();

    private static void AssertRefused(string expected, Func<IDisposable> open) =>
        Assert.Contains(expected, Assert.Throws<ModelFileException>(() => open().Dispose()).Message, StringComparison.Ordinal);
}
