using PaliGemma.Generation;
using PaliGemma.Processing;
using PaliGemma.Tokenization;
using PaliGemma.Training.Data;
using PaliGemma.Training.Objective;
using static TorchSharp.torch;
using Generator = PaliGemma.Generation.Generator;

namespace PaliGemma.Training.Evaluation;

/// <summary>Measures a model in training on examples: the loss, and scores of the answers that the other engine gives with its weights.</summary>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="metrics">Scores of answers; none means that nothing is generated.</param>
public sealed class Evaluator(TrainableModel model, PaliGemmaTokenizer tokenizer, IReadOnlyCollection<EvaluationMetric> metrics)
{
    private const int BatchSize = 8;

    private readonly PaliGemmaProcessor _processor = new(model.Config, tokenizer);
    private readonly SuffixLoss _loss = new();

    /// <summary>The most tokens of an answer.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Measures on all of <paramref name="examples"/>.</summary>
    /// <param name="examples">At least one.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public EvaluationResult Evaluate(IEnumerable<TrainingExample> examples, CancellationToken cancellation = default)
    {
        ExampleEncoder encoder = new(_processor, tokenizer);
        Dictionary<EvaluationMetric, double> scores = metrics.ToDictionary(metric => metric, _ => 0.0);
        int count = 0;
        double loss = 0;
        using PaliGemmaModel? answering = metrics.Count == 0 ? null : new PaliGemmaModel(model.Config, new ParameterCheckpoint(model));
        Generator? generator = answering is null ? null : new Generator(answering, tokenizer);
        foreach (TrainingExample[] batch in examples.Chunk(BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            loss += Loss([.. batch.Select(encoder.Encode)]) * batch.Length;
            count += batch.Length;
            if (answering is not null)
            {
                string[] answers = Answer(answering, generator!, batch, cancellation);
                foreach (EvaluationMetric metric in metrics)
                {
                    scores[metric] += batch.Zip(answers).Sum(pair => Score(metric, pair.First, pair.Second));
                }
            }
        }
        ArgumentOutOfRangeException.ThrowIfZero(count, nameof(examples));
        return new EvaluationResult(count, loss / count, scores.ToDictionary(score => score.Key, score => score.Value / count));
    }

    /// <summary>The score of an answer, by that of the right ones that it is most like.</summary>
    private static double Score(EvaluationMetric metric, TrainingExample example, string answer)
    {
        IReadOnlyList<string> right = example.RightAnswers.Count > 0 ? example.RightAnswers : [example.Suffix];
        return right.Max(expected => metric == EvaluationMetric.ExactMatch
            ? AnswerScore.ExactMatch(expected, answer)
            : AnswerScore.BoxOverlap(expected, answer));
    }

    private double Loss(TrainingSequence[] sequences)
    {
        using var scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        using TrainingBatch batch = new(sequences, model.Config, model.Device);
        return _loss.Compute(model.Predict(batch), batch).item<float>();
    }

    private string[] Answer(PaliGemmaModel answering, Generator generator, TrainingExample[] batch, CancellationToken cancellation)
    {
        List<IDecodingState> states = [];
        try
        {
            foreach (TrainingExample example in batch)
            {
                PaliGemmaInputs inputs = _processor.Process(example.Images, example.Prefix);
                ImageFeatures[] features = [.. inputs.Pixels.Select(pixels => answering.EncodeImage(pixels, cancellation))];
                states.Add(answering.Prefill(features, inputs.Tokens, cancellation));
            }
            GenerationOptions options = new() { MaxNewTokens = MaxNewTokens };
            return [.. generator.Generate(states, options, cancellation).Select(answer => answer.Text)];
        }
        finally
        {
            states.ForEach(state => state.Dispose());
        }
    }
}
