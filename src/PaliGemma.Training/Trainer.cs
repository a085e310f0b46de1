using System.Diagnostics;
using PaliGemma.Training.Data;
using PaliGemma.Training.Layers;
using PaliGemma.Training.Objective;
using PaliGemma.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training;

/// <summary>
/// The training loop. Everything a step does follows from the weights, the optimizer's state and the step's number, so that a saved run
/// goes on bit by bit.
/// </summary>
/// <example>
/// <code>
/// using Trainer trainer = new(model, examples, encoder, options);
/// foreach (TrainingStep step in trainer.Run(cancellation))
/// {
///     Console.WriteLine($"{step.Step} {step.Loss}");
/// }
/// </code>
/// </example>
public sealed class Trainer : IDisposable
{
    private readonly TrainableModel _model;
    private readonly IExampleSource _examples;
    private readonly ExampleEncoder _encoder;
    private readonly TrainingOptions _options;
    private readonly LearningRateSchedule _schedule;
    private readonly Optimizer _optimizer;
    private readonly TrainableModel[] _replicas;
    private readonly GradientWorkers _workers;
    private readonly AnswerPartReader[] _partReaders = [];
    private long _next;

    /// <summary>Prepares a run from its first step.</summary>
    /// <param name="model">What is trained; only what is trainable now. Not owned.</param>
    /// <param name="examples">What it learns from.</param>
    /// <param name="encoder">Of the model's tokenizer and picture size.</param>
    /// <param name="options">How the run goes.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Trainer(TrainableModel model, IExampleSource examples, ExampleEncoder encoder, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _model = model;
        _examples = examples;
        _encoder = encoder;
        _options = options;
        _schedule = new LearningRateSchedule(options.Steps, options.WarmUpSteps);
        _replicas = [.. Enumerable.Range(1, options.Workers - 1).Select(_ => model.Replicate())];
        if (options.AnswerPartWeight > 0)
        {
            AnswerPartReader reader = new(model.Config.Text);
            _partReaders = [reader, .. _replicas.Select(_ => reader.Replicate())];
        }
        Parameter[][] trained = [.. _replicas.Prepend(model).Select((replica, worker) => Trained(replica, worker))];
        _optimizer = new Optimizer(trained[0], options.Beta2, options.MatrixLearningRate > 0, model.Parameters.ProductType, options.Workers);
        _workers = new GradientWorkers(trained);
    }

    /// <summary>Steps done; the next one has this number.</summary>
    public long StepsDone => _next;

    /// <summary>Elements of all weights that are trained.</summary>
    public long TrainedElements => _optimizer.Elements;

    /// <summary>Does the steps that are left, one for each element that is asked for. Leaving the loop early leaves the run between two steps.</summary>
    /// <exception cref="ModelFileException">An example cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Between two steps.</exception>
    public IEnumerable<TrainingStep> Run(CancellationToken cancellation = default)
    {
        using ReadAhead<TrainingSequence[]> batches = new(ReadBatch, BatchesAhead(), _next, _options.Steps);
        while (_next < _options.Steps)
        {
            yield return Advance(batches.Take(cancellation));
        }
    }

    /// <summary>Saves weights, optimizer and place in the run in one file, which replaces the one before only when it is complete.</summary>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public void Save(string path) => TrainingState.Save(path, _next, _options.Seed, _optimizer.State);

    /// <summary>Goes on where <see cref="Save"/> was called: the same options, model and examples then give the same weights as a run without a stop.</summary>
    /// <exception cref="ModelFileException">The file is damaged or belongs to another model or run.</exception>
    public void Resume(string path)
    {
        _next = TrainingState.Load(path, _options.Seed, _optimizer.State);
        _optimizer.Publish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        foreach (AnswerPartReader reader in _partReaders.Reverse())
        {
            reader.Dispose();
        }
        Array.ForEach(_replicas, replica => replica.Dispose());
    }

    /// <summary>What a thread has gradients of.</summary>
    private Parameter[] Trained(TrainableModel model, int worker) =>
        [.. model.Parameters.Trainable(), .. _partReaders.Length == 0 ? [] : (Parameter[])[_partReaders[worker].Weight, _partReaders[worker].Bias]];

    /// <summary>Batches that are prepared side by side: one on each processor, unless their pictures would take too much memory.</summary>
    private int BatchesAhead()
    {
        const long MostBytes = 1L << 31;
        long side = _model.Config.Vision.ImageSize;
        long bytes = _options.BatchSize * side * side * _model.Config.Vision.ChannelCount * sizeof(float);
        return (int)Math.Clamp(MostBytes / bytes, 2, Math.Max(2, Environment.ProcessorCount));
    }

    private TrainingSequence[] ReadBatch(long number)
    {
        TrainingSequence[] sequences = new TrainingSequence[_options.BatchSize];
        for (int i = 0; i < sequences.Length; i++)
        {
            sequences[i] = _encoder.Encode(_examples.Read((number * sequences.Length) + i));
        }
        return sequences;
    }

    private TrainingStep Advance(TrainingSequence[] sequences)
    {
        long started = Stopwatch.GetTimestamp();
        int micro = _options.MicroBatchSize == 0
            ? (sequences.Length + _workers.Count - 1) / _workers.Count
            : _options.MicroBatchSize;
        int targets = sequences.Sum(sequence => sequence.Suffix.Count);
        // Examples of about the same length side by side leave little to fill up.
        TrainingSequence[][] parts = [.. sequences.OrderBy(sequence => sequence.Length).Chunk(micro)];
        double[] losses = new double[parts.Length];
        double[] partsRight = new double[parts.Length];
        _workers.Run(worker =>
        {
            for (int i = 0; i < parts.Length; i++)
            {
                if (WorkerOf(i) == worker)
                {
                    (losses[i], partsRight[i]) = BackwardPart(worker, parts[i], i, sequences.Length, targets);
                }
            }
        });
        double loss = losses.Sum();
        double multiplier = _schedule.At(_next);
        double rate = _options.LearningRate * multiplier;
        double norm = _optimizer.ClipGradients(_options.GradientNorm);
        _optimizer.Step(_next, rate, _options.WeightDecay * multiplier, _options.MatrixLearningRate * multiplier);
        return new TrainingStep(_next++, loss, rate, norm, sequences.Sum(sequence => sequence.Length), Stopwatch.GetElapsedTime(started))
        {
            PartsRight = partsRight.Average(),
        };
    }

    /// <summary>The thread of a part: there and back again, as parts get longer and longer.</summary>
    private int WorkerOf(int part)
    {
        (int round, int place) = Math.DivRem(part, _workers.Count);
        return round % 2 == 0 ? place : _workers.Count - 1 - place;
    }

    /// <summary>Adds the gradients of a part of a batch to a thread's leaves, and returns its share of the loss.</summary>
    private (double Loss, double PartsRight) BackwardPart(int worker, TrainingSequence[] part, int index, int examples, int targets)
    {
        double ofExamples = part.Length / (double)examples;
        double share = _options.Loss.Average == LossAverage.Example ? ofExamples : part.Sum(sequence => sequence.Suffix.Count) / (double)targets;
        TrainableModel model = worker == 0 ? _model : _replicas[worker - 1];
        ulong seed = SplitMix64.Derive(_options.Seed, (ulong)((_next * examples) + index));
        using var scope = NewDisposeScope();
        using TrainingBatch batch = new(part, model.Config, model.Device);
        using ActivationCheckpoints? checkpoints = _options.CheckpointActivations ? new() : null;
        Tensor? beforeLastTwo = null;
        Tensor logits = model.Predict(batch, new Dropout(_options.Dropout, seed), checkpoints, state => beforeLastTwo = state);
        Tensor loss = _options.Loss.Compute(logits, batch);
        using Scalar factor = ((float)share).ToScalar();
        Tensor counted = loss.mul(factor);
        double partsRight = 0;
        if (_partReaders.Length > 0)
        {
            (Tensor partLoss, partsRight) = _partReaders[worker].Compare(beforeLastTwo!, batch);
            using Scalar weight = ((float)(_options.AnswerPartWeight * ofExamples)).ToScalar();
            counted = counted.add(partLoss, weight);
        }
        counted.backward();
        checkpoints?.Backward();
        if (part.Length < examples)
        {
            _workers.Gather(worker);
        }
        return (share * loss.item<float>(), partsRight);
    }
}
