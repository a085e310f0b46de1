using PaliGemma.Evaluation.Metrics;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation;

/// <summary>Asks a model a benchmark's questions, a batch at a time.</summary>
/// <param name="pipeline">The model; the caller disposes it.</param>
/// <param name="task">The benchmark.</param>
/// <param name="resize">How pictures are resized; null for the benchmark's own way.</param>
public sealed class BenchmarkModel(PaliGemmaPipeline pipeline, EvaluationTask task, ResizeMode? resize = null)
{
    private readonly ImageProcessor _images = new(pipeline.Model.Config.Vision.ImageSize, resize ?? task.Resize);

    /// <summary>Answers the examples of a batch, which are decoded together.</summary>
    /// <exception cref="ModelFileException">A picture cannot be read.</exception>
    public IReadOnlyList<ExampleAnswer> Answer(IReadOnlyList<Example> batch, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        GenerationOptions options = new() { BeamCount = task.BeamCount, MaxNewTokens = task.MaxNewTokens };
        List<IDecodingState> states = [];
        try
        {
            foreach (Example example in batch)
            {
                states.Add(Prefill(example, cancellation));
            }
            // A batch has one grammar, and each question its own.
            IReadOnlyList<GeneratedText> answers = task.Constrain
                ? [.. batch.Zip(states, (example, state) => pipeline.Generator.Generate(state, Held(options, example), onText: null, cancellation))]
                : pipeline.Generator.Generate(states, options, cancellation);
            return [.. batch.Zip(answers, Read)];
        }
        finally
        {
            states.ForEach(state => state.Dispose());
        }
    }

    private GenerationOptions Held(GenerationOptions options, Example example) =>
        pipeline.GenerationFor(TaskPrompt.Parse(example.Prompt), new TaskOptions { Generation = options });

    private IDecodingState Prefill(Example example, CancellationToken cancellation)
    {
        List<ImageFeatureLease> leases = [];
        try
        {
            foreach (string file in example.Images)
            {
                RgbImage square = _images.Resize(BenchmarkPicture.Draw(BenchmarkPicture.Load(file), example.Texts));
                float[] pixels = _images.Normalize(BenchmarkPicture.Draw(square, example.Frame));
                leases.Add(pipeline.ImageCache.Rent(pixels, cancellation));
            }
            int[] tokens = pipeline.Processor.EncodePrompt(example.Prompt, example.Images.Count);
            return pipeline.Model.Prefill([.. leases.Select(lease => lease.Features)], tokens, cancellation);
        }
        finally
        {
            leases.ForEach(lease => lease.Dispose());
        }
    }

    /// <summary>Only where objects are looked for does it matter how sure the model was of each.</summary>
    private ExampleAnswer Read(Example example, GeneratedText answer)
    {
        if (TaskPrompt.Parse(example.Prompt) is not ObjectPrompt prompt)
        {
            return new ExampleAnswer(example, answer.Text, []);
        }
        (int width, int height) = BenchmarkPicture.ReadSize(example.Images[0]);
        TaskOutput output = TaskOutputParser.Parse(prompt, answer, pipeline.Tokenizer, width, height);
        return new ExampleAnswer(example, answer.Text, [.. output.Objects.Select(thing => thing.Score ?? 0)]);
    }
}
