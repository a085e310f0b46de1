using PaliGemma.Configuration;
using PaliGemma.Training.Data;
using static TorchSharp.torch;

namespace PaliGemma.Training;

/// <summary>
/// Examples side by side, filled up at the right: what a step computes with. The mask is PaliGemma's: the prefix sees all of the prefix,
/// the suffix also what stands before it in the suffix (arXiv:2407.07726, section 3.2.3), and nothing sees what fills up.
/// </summary>
public sealed class TrainingBatch : IDisposable
{
    /// <summary>Lays examples side by side.</summary>
    /// <param name="sequences">At least one.</param>
    /// <param name="config">The model.</param>
    /// <param name="device">Where the tensors go; null is the CPU.</param>
    /// <exception cref="ArgumentException">Image tokens and pictures of an example do not fit together, or there are too many examples.</exception>
    public TrainingBatch(IReadOnlyList<TrainingSequence> sequences, PaliGemmaConfig config, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfZero(sequences.Count, nameof(sequences));
        ExampleCount = sequences.Count;
        Length = sequences.Max(sequence => sequence.Length);
        if ((long)ExampleCount * Length * Length > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{ExampleCount} examples of up to {Length} tokens are too many to be computed with at a time; expected a smaller micro-batch size.",
                nameof(sequences));
        }
        long[] tokens = new long[ExampleCount * Length];
        Array.Fill(tokens, config.PadTokenId);
        bool[] visible = new bool[ExampleCount * Length * Length];
        List<long> imagePositions = [];
        List<long> predictors = [];
        List<int> targets = [];
        List<int> targetExamples = [];
        List<int> imageParts = [];
        for (int row = 0; row < ExampleCount; row++)
        {
            TrainingSequence sequence = sequences[row];
            int start = row * Length;
            int found = imagePositions.Count;
            int position = 0;
            foreach (int token in sequence.Prefix)
            {
                if (token == config.ImageTokenId)
                {
                    imagePositions.Add(start + position);
                }
                tokens[start + position++] = token;
            }
            found = imagePositions.Count - found;
            if (found != sequence.Pixels.Count * config.Vision.PatchCount)
            {
                throw new ArgumentException(
                    $"An example has {found} image tokens and {sequence.Pixels.Count} pictures of {config.Vision.PatchCount} tokens.", nameof(sequences));
            }
            foreach (int token in sequence.Suffix)
            {
                predictors.Add(start + position - 1);
                targets.Add(token);
                targetExamples.Add(row);
                tokens[start + position++] = token;
            }
            imageParts.AddRange(sequence.ImageParts);
            FillVisible(visible.AsSpan(start * Length, Length * Length), sequence);
        }
        using var scope = NewDisposeScope();
        device ??= CPU;
        float[][] shown = [.. sequences.SelectMany(sequence => sequence.Pixels)];
        float[][] pictures = [.. shown.Distinct()];
        Pixels = Detached(tensor(Join(pictures), [pictures.Length, config.Vision.ChannelCount, config.Vision.ImageSize, config.Vision.ImageSize]), device);
        Tokens = Detached(tensor(tokens), device);
        Visible = Detached(tensor(visible, [ExampleCount, 1, Length, Length]), device);
        Pictures = Detached(tensor(shown.Select(picture => (long)Array.IndexOf(pictures, picture)).ToArray()), device);
        ImagePositions = Detached(tensor(imagePositions), device);
        Predictors = Detached(tensor(predictors), device);
        Targets = Detached(tensor(targets.Select(token => (long)token).ToArray()), device);
        TargetTokens = targets;
        TargetExamples = targetExamples;
        ImageParts = imageParts;
    }

    /// <summary>Examples.</summary>
    public int ExampleCount { get; }

    /// <summary>Tokens of the longest example.</summary>
    public int Length { get; }

    /// <summary>All pictures [pictures, 3, size, size]; one that several examples show is there once.</summary>
    public Tensor Pixels { get; }

    /// <summary>Token ids [examples · length].</summary>
    public Tensor Tokens { get; }

    /// <summary>Whether a query (third dimension) sees a key (fourth) [examples, 1, length, length].</summary>
    public Tensor Visible { get; }

    /// <summary>Which of <see cref="Pixels"/> the examples show, in order.</summary>
    public Tensor Pictures { get; }

    /// <summary>Where in <see cref="Tokens"/> the image features go, in order.</summary>
    public Tensor ImagePositions { get; }

    /// <summary>Where in <see cref="Tokens"/> the tokens stand that predict the <see cref="Targets"/>.</summary>
    public Tensor Predictors { get; }

    /// <summary>The tokens to learn, of all examples one after another.</summary>
    public Tensor Targets { get; }

    /// <summary>The same as <see cref="Targets"/>, without a tensor.</summary>
    public IReadOnlyList<int> TargetTokens { get; }

    /// <summary>The example of each target.</summary>
    public IReadOnlyList<int> TargetExamples { get; }

    /// <summary>Of all image tokens, in order; see <see cref="TrainingExample.ImageParts"/>.</summary>
    internal IReadOnlyList<int> ImageParts { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in (ReadOnlySpan<Tensor>)[Pixels, Pictures, Tokens, Visible, ImagePositions, Predictors, Targets])
        {
            tensor.Dispose();
        }
    }

    /// <summary>The values of pictures one after another.</summary>
    internal static float[] Join(IReadOnlyList<float[]> pictures)
    {
        float[] pixels = new float[pictures.Sum(picture => picture.Length)];
        int filled = 0;
        foreach (float[] picture in pictures)
        {
            picture.CopyTo(pixels, filled);
            filled += picture.Length;
        }
        return pixels;
    }

    private void FillVisible(Span<bool> visible, TrainingSequence sequence)
    {
        for (int query = 0; query < Length; query++)
        {
            // What fills up sees the prefix: a row without any key has no softmax.
            int seen = query < sequence.Length ? Math.Max(sequence.Prefix.Count, query + 1) : sequence.Prefix.Count;
            visible.Slice(query * Length, seen).Fill(true);
        }
    }

    private static Tensor Detached(Tensor value, Device device) => value.to(device).DetachFromDisposeScope();
}
