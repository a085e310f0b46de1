using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Layers;
using PaliGemma.Processing;

namespace PaliGemma.Quantization;

/// <summary>
/// What quantising costs: a model whose weights are quantised while loading beside the same one as it is stored, on the same pictures and prompts. Both compute
/// in float32; the reference's greedy answer is what both are asked to continue.
/// </summary>
public static class QualityComparison
{
    /// <summary>Compares formats one after the other: two models are in memory at a time.</summary>
    /// <param name="path">A model folder or .npz file in floating point.</param>
    /// <param name="formats">The formats to judge.</param>
    /// <param name="images">The pictures; every prompt is asked about each.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="answerTokens">Tokens of each answer.</param>
    /// <param name="threads">Threads that compute; 0 means one per processor.</param>
    /// <param name="progress">Is told the part that is done, 0 … 1.</param>
    /// <param name="cancellation">Stops between layers.</param>
    /// <exception cref="ModelFileException">The model is damaged, or quantised already.</exception>
    public static IReadOnlyList<QualityReport> Compare(
        string path,
        IReadOnlyList<WeightFormat> formats,
        IReadOnlyList<RgbImage> images,
        IReadOnlyList<string> prompts,
        int answerTokens,
        int threads = 0,
        Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(formats);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentOutOfRangeException.ThrowIfLessThan(answerTokens, 1);
        using PaliGemmaPipeline reference = PaliGemmaPipeline.Load(path, new ModelOptions { Threads = threads });
        PaliGemmaConfig config = reference.Model.Config;
        List<QualityReport> reports = [];
        foreach (WeightFormat format in formats)
        {
            using PaliGemmaModel judged = new(config, Checkpoint.Open(path), new ModelOptions { Threads = threads, Format = format });
            Measurement measurement = new((PaliGemmaModel)reference.Model, judged);
            int done = 0;
            foreach (RgbImage image in images)
            {
                foreach (string prompt in prompts)
                {
                    measurement.Add(reference.Processor.Process(image, prompt), answerTokens, cancellation);
                    double part = (double)++done / (images.Count * prompts.Count);
                    progress?.Invoke((reports.Count + part) / formats.Count);
                }
            }
            reports.Add(measurement.Report(format));
        }
        return reports;
    }

    /// <summary>Kullback-Leibler divergence of two distributions given by their logits, in nats.</summary>
    internal static double Divergence(ReadOnlySpan<float> reference, ReadOnlySpan<float> other)
    {
        double referenceTotal = LogTotal(reference);
        double otherTotal = LogTotal(other);
        double sum = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            double logP = reference[i] - referenceTotal;
            sum += Math.Exp(logP) * (logP - (other[i] - otherTotal));
        }
        return sum;
    }

    private static double LogTotal(ReadOnlySpan<float> logits)
    {
        double largest = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }
        return largest + Math.Log(sum);
    }

    private static int Largest(ReadOnlySpan<float> logits)
    {
        int index = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            index = logits[i] > logits[index] ? i : index;
        }
        return index;
    }

    /// <summary>Adds up what two models differ in.</summary>
    private sealed class Measurement(PaliGemmaModel reference, PaliGemmaModel judged)
    {
        private readonly List<string> _layers = [];
        private readonly Dictionary<string, (double Error, double Norm)> _sums = [];
        private double _divergence;
        private int _agreements;
        private int _tokens;

        public void Add(PaliGemmaInputs inputs, int answerTokens, CancellationToken cancellation)
        {
            Dictionary<string, float[]> activations = [];
            using IDecodingState expected = Prefill(reference, inputs, (name, values) => activations[name] = values.ToArray(), cancellation);
            using IDecodingState actual = Prefill(judged, inputs, (name, values) => Compare(name, activations[name], values), cancellation);
            int vocabulary = reference.Config.Text.VocabularySize;
            float[] expectedLogits = new float[vocabulary];
            float[] actualLogits = new float[vocabulary];
            for (int i = 0; i < answerTokens; i++)
            {
                // Nothing is asked after the last token.
                if (i > 0)
                {
                    int[] token = [Largest(expectedLogits)];
                    reference.Append([expected], token, cancellation);
                    judged.Append([actual], token, cancellation);
                }
                reference.ComputeLogits([expected], expectedLogits);
                judged.ComputeLogits([actual], actualLogits);
                _divergence += Divergence(expectedLogits, actualLogits);
                _agreements += Largest(actualLogits) == Largest(expectedLogits) ? 1 : 0;
                _tokens++;
            }
        }

        public QualityReport Report(WeightFormat format) => new(
            format,
            judged.DecoderMemory.Sum(region => region.Length),
            [.. _layers.Select(layer => new LayerError(layer, Math.Sqrt(_sums[layer].Error / _sums[layer].Norm)))],
            _divergence / _tokens,
            (double)_agreements / _tokens,
            _tokens);

        private static IDecodingState Prefill(
            PaliGemmaModel model, PaliGemmaInputs inputs, ActivationProbe probe, CancellationToken cancellation)
        {
            model.Probe = probe;
            try
            {
                using ImageFeatures features = model.EncodeImage(inputs.Pixels[0], cancellation);
                return model.Prefill([features], inputs.Tokens, cancellation);
            }
            finally
            {
                model.Probe = null;
            }
        }

        private void Compare(string name, float[] expected, ReadOnlySpan<float> actual)
        {
            if (!_sums.TryGetValue(name, out (double Error, double Norm) sums))
            {
                _layers.Add(name);
            }
            for (int i = 0; i < expected.Length; i++)
            {
                double difference = actual[i] - expected[i];
                sums.Error += difference * difference;
                sums.Norm += (double)expected[i] * expected[i];
            }
            _sums[name] = sums;
        }
    }
}
