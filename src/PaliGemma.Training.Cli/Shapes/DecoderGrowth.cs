using System.Globalization;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Tokenization;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>
/// Gives a trained model more decoder layers without changing what it computes (block expansion, arXiv:2401.02415): copies of trained
/// layers, before the last, whose output projections are 0.
/// </summary>
internal static class DecoderGrowth
{
    private const string Layers = "language_model.model.layers.";

    private static readonly string[] Outputs = [".self_attn.o_proj.weight", ".mlp.down_proj.weight"];

    /// <summary>Writes the larger model.</summary>
    /// <param name="folder">A folder that exists and is empty.</param>
    /// <param name="model">The trained model, of at least two layers.</param>
    /// <param name="source">The folder whose tokenizer is the model's.</param>
    /// <param name="layers">How many layers the larger one has.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(string folder, TrainableModel model, string source, int layers)
    {
        PaliGemmaConfig config = model.Config with { Text = model.Config.Text with { LayerCount = layers }, StoredType = "float32" };
        PaliGemmaConfigWriter.Write(folder, config);
        TokenizerFiles.Copy(source, folder);
        IReadOnlyList<LayoutEntry> layout = TensorLayout.Of(config);
        using ShardedSafetensorsWriter writer =
            new(folder, [.. layout.Select(entry => new TensorDeclaration(entry.Name, ElementType.Float32, entry.Shape))]);
        foreach (LayoutEntry entry in layout)
        {
            using var scope = NewDisposeScope();
            Tensor value = Origin(entry.Name, model.Config.Text.LayerCount, layers) is string name
                ? model.Parameters[name].Value
                : zeros([.. entry.Shape]);
            StoredTensors.Write(value, ElementType.Float32, (start, bytes) => writer.Write(entry.Name, start, bytes));
        }
        writer.Commit();
    }

    /// <summary>The trained weight that a weight of the larger model starts as; null for one that starts as 0.</summary>
    /// <param name="name">Of the weight.</param>
    /// <param name="before">Layers of the trained model.</param>
    /// <param name="after">Layers of the larger one.</param>
    internal static string? Origin(string name, int before, int after)
    {
        if (!name.StartsWith(Layers, StringComparison.Ordinal))
        {
            return name;
        }
        int end = name.IndexOf('.', Layers.Length);
        int layer = int.Parse(name.AsSpan(Layers.Length, end - Layers.Length), CultureInfo.InvariantCulture);
        string rest = name[end..];
        bool isNew = layer >= before - 1 && layer < after - 1;
        int origin = layer < before - 1 ? layer : Math.Max(0, layer - after + before);
        return isNew && Outputs.Contains(rest) ? null : string.Create(CultureInfo.InvariantCulture, $"{Layers}{origin}{rest}");
    }
}
