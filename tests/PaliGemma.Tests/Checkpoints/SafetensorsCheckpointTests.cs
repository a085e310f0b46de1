using System.Text;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Generation;
using PaliGemma.Layers;
using PaliGemma.Quantization;
using PaliGemma.Tests.Generation;

namespace PaliGemma.Tests.Checkpoints;

public sealed class SafetensorsCheckpointTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";
    private const string Head = "language_model.lm_head.weight";
    private const string Embedding = "language_model.model.embed_tokens.weight";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string?> Namings => new()
    {
        { "published", null }, { "published", Head }, { "later", null }, { "later", "lm_head.weight" }, { "later", Head },
    };

    [Theory]
    [MemberData(nameof(Namings))]
    public void Every_naming_of_Hugging_Face_gives_the_same_model(string naming, string? head)
    {
        CopyModel(name => naming == "later" ? Later(name) : name, head is null ? [] : [(head, Embedding)]);
        using GoldenTensors forward = new("expected", "A", "forward.safetensors");
        using PaliGemmaModel expected = PaliGemmaModelGoldenTests.Load("A");
        using PaliGemmaModel actual = Load();
        Assert.Equal(Logits(expected, forward), Logits(actual, forward));
    }

    [Fact]
    public void A_head_that_differs_from_the_embedding_is_refused()
    {
        CopyModel(name => name, [(Head, Embedding)], damage: (Head, bytes => bytes[^1] ^= 1));
        const string Sentence = "tensor language_model.lm_head.weight differs from language_model.model.embed_tokens.weight";
        AssertRefused(Sentence, () => Load());
        using TemporaryFolder quantized = new();
        QuantizationOptions options = new(WeightFormat.Int8);
        Assert.Contains(
            Sentence,
            Assert.Throws<ModelFileException>(() => FolderQuantizer.Quantize(_folder.FullName, quantized.FullName, options)).Message,
            StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(quantized.FullName));
    }

    [Fact]
    public void A_tensor_under_both_of_its_names_is_refused()
    {
        CopyModel(name => name, [("model.language_model.norm.weight", "language_model.model.norm.weight")]);
        AssertRefused("is in the checkpoint twice", () => Load());
    }

    [Theory]
    [InlineData("language_model.model.norm.weight")]
    [InlineData("vision_tower.vision_model.embeddings.patch_embedding.weight")]
    [InlineData("multi_modal_projector.linear.bias")]
    public void A_missing_tensor_is_named(string missing)
    {
        CopyModel(name => name == missing ? "other" : name, []);
        AssertRefused($"has no tensor {missing}; the configuration expects one of [", () => Load());
    }

    [Fact]
    public void A_tensor_of_another_shape_is_named_with_both_shapes()
    {
        string config = File.ReadAllText(Goldens.Path("models", "A", "config.json"))
            .Replace("\"intermediate_size\": 96", "\"intermediate_size\": 97", StringComparison.Ordinal);
        CopyModel(name => name, []);
        _folder.Write("config.json", Encoding.UTF8.GetBytes(config));
        AssertRefused("is [96, 48]; the configuration expects [97, 48]", () => Load());
    }

    [Fact]
    public void Weights_that_are_no_floating_point_numbers_are_refused()
    {
        CopyModel(name => name, [], retyped: ("language_model.model.norm.weight", ElementType.Int32));
        AssertRefused("has the element type Int32", () => Load());
    }

    public static TheoryData<string, string> DamagedIndexes => new()
    {
        { """{"weight_map":{"a":"../secret.safetensors"}}""", "names the file ../secret.safetensors; expected a plain file name" },
        { """{"weight_map":{"a":"/etc/passwd"}}""", "names the file /etc/passwd; expected a plain file name" },
        { """{"weight_map":{"a":".."}}""", "expected a plain file name" },
        { """{"weight_map":{"a":""}}""", "expected a plain file name" },
        { """{"weight_map":{"a":"none.safetensors"}}""", "The shard none.safetensors" },
        { """{"weight_map":{"a":"\u0000"}}""", "is missing" },
        { """{"weight_map":{"language_model.model.norm.weight":"shard.safetensors","b":"shard.safetensors"}}""", "says that tensor b is in" },
        { """{"weight_map":{"a":"shard.safetensors","a":"shard.safetensors"}}""", "is not an index of shards" },
        { """{"weight_map":{"a":7}}""", "is not an index of shards" },
        { """{"weight_map":{"a":null}}""", "is not an index of shards" },
        { """{"weight_map":[]}""", "is not an index of shards" },
        { """{"metadata":{}}""", "is not an index of shards" },
        { "[]", "is not an index of shards" },
        { "", "is not an index of shards" },
        { """{"weight_map":{}} x""", "is not an index of shards" },
        { new string('[', 100_000), "is not an index of shards" },
        { string.Concat(Enumerable.Repeat("""{"weight_map":""", 100_000)), "is not an index of shards" },
    };

    [Theory]
    [MemberData(nameof(DamagedIndexes))]
    public void A_damaged_index_is_refused_with_one_sentence(string index, string expected)
    {
        CopyModel(name => name, []);
        File.Move(_folder.File("model.safetensors"), _folder.File("shard.safetensors"));
        _folder.Write(Index, Encoding.UTF8.GetBytes(index));
        AssertRefused(expected, () => Checkpoint.Open(_folder.FullName));
    }

    [Fact]
    public void An_index_too_long_to_be_one_is_refused_unread()
    {
        using (FileStream file = File.Create(_folder.File(Index)))
        {
            file.SetLength(1L << 40); // A file of holes: it takes no room.
        }
        AssertRefused("is 1099511627776 bytes long", () => Checkpoint.Open(_folder.FullName));
    }

    [Fact]
    public void A_damaged_shard_is_named()
    {
        CopyModel(name => name, []);
        _folder.Write("shard.safetensors", new byte[20]);
        _folder.Write(Index, """{"weight_map":{"a":"shard.safetensors"}}"""u8);
        AssertRefused("shard.safetensors", () => Checkpoint.Open(_folder.FullName));
    }

    public void Dispose() => _folder.Dispose();

    private static string Later(string name) => name
        .Replace("language_model.model.", "model.language_model.", StringComparison.Ordinal)
        .Replace("vision_tower.", "model.vision_tower.", StringComparison.Ordinal)
        .Replace("multi_modal_projector.", "model.multi_modal_projector.", StringComparison.Ordinal);

    /// <summary>
    /// Writes model A with other names, with copies of tensors, with one of them changed, or with another type in its header.
    /// </summary>
    private void CopyModel(
        Func<string, string> rename,
        (string Copy, string Original)[] copies,
        (string Name, Action<byte[]> Change)? damage = null,
        (string Name, ElementType Type)? retyped = null)
    {
        File.Copy(Goldens.Path("models", "A", "config.json"), _folder.File("config.json"));
        using SafetensorsFile source = SafetensorsFile.Open(Goldens.Path("models", "A", "model.safetensors"));
        (string Name, StoredTensor Tensor)[] tensors =
        [
            .. source.Names.Select(name => (rename(name), source.Get(name))),
            .. copies.Select(copy => (copy.Copy, source.Get(copy.Original))),
        ];
        using SafetensorsWriter writer = new(_folder.File("model.safetensors"), [.. tensors.Select(tensor => new TensorDeclaration(
            tensor.Name, retyped?.Name == tensor.Name ? retyped.Value.Type : tensor.Tensor.Type, tensor.Tensor.Shape))]);
        foreach ((string name, StoredTensor tensor) in tensors)
        {
            byte[] bytes = tensor.Data.Span<byte>(0, (int)tensor.Data.Length).ToArray();
            if (damage?.Name == name)
            {
                damage.Value.Change(bytes);
            }
            writer.Write(name, 0, bytes);
        }
        writer.Commit();
    }

    private PaliGemmaModel Load() => new(
        PaliGemmaConfig.Load(_folder.FullName), Checkpoint.Open(_folder.FullName), new ModelOptions { Threads = 2 });

    private static float[] Logits(PaliGemmaModel model, GoldenTensors forward)
    {
        using IDecodingState state = PaliGemmaModelGoldenTests.Prefill(model, forward, 0);
        float[] logits = new float[model.Config.Text.VocabularySize];
        model.ComputeLogits([state], logits);
        return logits;
    }

    private void AssertRefused(string expected, Func<IDisposable> open)
    {
        ModelFileException error = Assert.Throws<ModelFileException>(() => open().Dispose());
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.FullName, error.Message, StringComparison.Ordinal);
    }
}
