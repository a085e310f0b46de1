using System.Text.Json;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Commands;
using PaliGemma.Tests;
using PaliGemma.Tests.Checkpoints;

namespace PaliGemma.Cli.Tests.Commands;

public class InspectCommandTests
{
    [Theory]
    [InlineData("A", "float32", 1)]
    [InlineData("A-bf16", "bfloat16", 1)]
    [InlineData("G", "float32", 1)]
    [InlineData("E", "float32", 2)]
    public async Task The_json_object_tells_files_tensors_and_sizes(string name, string type, int files)
    {
        string folder = Goldens.Path("models", name);
        JsonElement report = await JsonAsync(folder);
        using Checkpoint checkpoint = Checkpoint.Open(folder);

        JsonElement[] tensors = [.. report.GetProperty("tensors").EnumerateArray()];
        Assert.Equal(
            checkpoint.Names.Order(StringComparer.Ordinal),
            tensors.Select(tensor => tensor.GetProperty("name").GetString()!).Order(StringComparer.Ordinal));
        Assert.All(tensors, tensor => Assert.Equal(type, tensor.GetProperty("type").GetString()));
        long elements = tensors.Sum(tensor =>
            tensor.GetProperty("shape").EnumerateArray().Aggregate(1L, (product, extent) => product * extent.GetInt64()));
        JsonElement parameters = report.GetProperty("parameters");
        Assert.Equal(elements, parameters.GetProperty("total").GetInt64());
        Assert.Equal(
            elements,
            parameters.GetProperty("vision_tower").GetInt64() + parameters.GetProperty("multi_modal_projector").GetInt64()
            + parameters.GetProperty("language_model").GetInt64());
        Assert.Equal(4 * elements, report.GetProperty("memory_bytes").GetProperty("float32").GetInt64());
        Assert.Empty(report.GetProperty("missing_tensors").EnumerateArray());
        Assert.Empty(report.GetProperty("unused_tensors").EnumerateArray());

        JsonElement[] listed = [.. report.GetProperty("files").EnumerateArray()];
        Assert.Equal(files, listed.Length);
        Assert.All(listed, file =>
        {
            string path = file.GetProperty("path").GetString()!;
            Assert.Equal(new FileInfo(path).Length, file.GetProperty("length").GetInt64());
        });
    }

    /// <summary>16 and 256 image tokens; 3 layers of one head of 16, 4 layers of two of them.</summary>
    [Theory]
    [InlineData("A", 16, 2 * 3 * 16 * 4)]
    [InlineData("G", 16, 2 * 4 * 2 * 16 * 4)]
    [InlineData("E", 256, 2 * 3 * 16 * 4)]
    public async Task The_cache_of_a_token_is_counted(string name, int imageTokens, int bytes)
    {
        JsonElement report = await JsonAsync(Goldens.Path("models", name));
        Assert.Equal(imageTokens, report.GetProperty("image_tokens").GetInt32());
        Assert.Equal(bytes, report.GetProperty("kv_cache_bytes_per_token").GetInt32());
    }

    [Fact]
    public async Task People_get_one_line_for_all_layers_unless_they_ask_for_every_tensor()
    {
        string folder = Goldens.Path("models", "A");
        (int exitCode, string output, _) = await CommandRun.OfAsync(InspectCommand.Create(), "--model", folder);
        Assert.Equal(0, exitCode);
        Assert.Contains("PaliGemma, 117,344 parameters", output, StringComparison.Ordinal);
        Assert.Contains("56 × 56 pixels in patches of 14: 16 image tokens", output, StringComparison.Ordinal);
        Assert.Matches(@"language_model\.model\.layers\.\*\.mlp\.up_proj\.weight +float32 +\[96, 48\] +3 ×", output);
        Assert.Matches(@"float32 +469 kB +as stored", output);
        Assert.Matches(@"bfloat16 +\d+ kB +converted when loaded", output);
        Assert.DoesNotContain("layers.2.", output, StringComparison.Ordinal);

        (_, output, _) = await CommandRun.OfAsync(InspectCommand.Create(), "--model", folder, "--tensors");
        Assert.Contains("language_model.model.layers.2.mlp.up_proj.weight", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_big_vision_is_reported_as_the_published_model()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("pt.npz", BigVisionCheckpoint.Create("A", 300, new NpzWriter(), "params/"));
        JsonElement expected = await JsonAsync(Goldens.Path("models", "A"));
        JsonElement actual = await JsonAsync(file);
        foreach (string field in (string[])["tensors", "parameters", "memory_bytes", "image_tokens", "kv_cache_bytes_per_token"])
        {
            Assert.Equal(expected.GetProperty(field).GetRawText(), actual.GetProperty(field).GetRawText());
        }
    }

    /// <summary>The formats' own sizes: codes, and a scale for a row, for 64 elements, or for 32 of a row.</summary>
    [Theory]
    [InlineData("int8")]
    [InlineData("nf4")]
    [InlineData("fp4")]
    [InlineData("int4")]
    public async Task A_quantised_model_needs_what_its_tensors_take(string format)
    {
        using TemporaryFolder folder = new();
        string output = folder.File("q");
        (int exitCode, _, string error) = await CommandRun.OfAsync(
            QuantizeCommand.Create(), "--model", Goldens.Path("models", "A-bf16"), "--to", format, "--output", output);
        Assert.Equal((0, ""), (exitCode, error));
        JsonElement original = await JsonAsync(Goldens.Path("models", "A-bf16"));
        JsonElement report = await JsonAsync(output);
        Assert.Equal(format, report.GetProperty("stored_format").GetString());
        Assert.Empty(report.GetProperty("missing_tensors").EnumerateArray());
        Assert.Empty(report.GetProperty("unused_tensors").EnumerateArray());
        JsonProperty memory = Assert.Single(report.GetProperty("memory_bytes").EnumerateObject());
        Assert.Equal(format, memory.Name);
        Assert.Equal(original.GetProperty("memory_bytes").GetProperty(format).GetInt64(), memory.Value.GetInt64());

        string[] described = ["quant_map", "quant_state", "weight_format"];
        long stored = 0;
        using Checkpoint checkpoint = Checkpoint.Open(output);
        foreach (string name in checkpoint.Names.Where(name => !described.Any(part => name.Contains(part, StringComparison.Ordinal))))
        {
            Assert.True(checkpoint.TryDescribe(name, out TensorDeclaration tensor));
            bool vector = name.EndsWith(".bias", StringComparison.Ordinal) || name.Contains("norm", StringComparison.Ordinal)
                || name.Contains("position_embedding", StringComparison.Ordinal);
            stored += vector ? 2 * tensor.ByteLength : tensor.ByteLength;
        }
        Assert.Equal(stored, memory.Value.GetInt64());
    }

    [Fact]
    public async Task Missing_and_unused_tensors_are_listed()
    {
        using TemporaryFolder folder = new();
        File.Copy(Goldens.Path("models", "A", "config.json"), folder.File("config.json"));
        using (SafetensorsWriter writer = new(
            folder.File("model.safetensors"),
            [new("language_model.model.norm.weight", ElementType.BFloat16, [48]), new("extra", ElementType.UInt8, [0])]))
        {
            writer.Write("language_model.model.norm.weight", 0, new byte[96]);
            writer.Commit();
        }
        JsonElement report = await JsonAsync(folder.FullName);
        Assert.Equal(67, report.GetProperty("missing_tensors").GetArrayLength());
        Assert.Equal("extra", report.GetProperty("unused_tensors")[0].GetString());
        (_, string output, _) = await CommandRun.OfAsync(InspectCommand.Create(), "--model", folder.FullName);
        Assert.Contains("Missing tensors", output, StringComparison.Ordinal);
        Assert.Contains("Unused tensors", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_model_is_answered_with_one_sentence()
    {
        using TemporaryFolder folder = new();
        (int exitCode, string output, string error) = await CommandRun.OfAsync(InspectCommand.Create(), "--model", folder.FullName);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("neither model.safetensors nor model.safetensors.index.json", error, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> JsonAsync(string model)
    {
        (int exitCode, string output, string error) = await CommandRun.OfAsync(InspectCommand.Create(), "--model", model, "--json");
        Assert.Equal((0, ""), (exitCode, error));
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }
}
