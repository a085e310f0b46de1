using PaliGemma.Data.Shapes;
using PaliGemma.Processing;
using PaliGemma.Training.Data;
using PaliGemma.Training.Layers;
using PaliGemma.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>
/// Trains image tower and projector before the decoder, as SigLIP was trained before PaliGemma: each patch's feature has to say what is
/// over the patch, how often it is in the picture, and where it ends. A picture gives 64 times fifteen answers here, against a few tokens when
/// the decoder is in between.
/// </summary>
internal sealed class PatchTraining : IDisposable
{
    private readonly TrainableModel _model;
    private readonly SceneGenerator _scenes;
    private readonly ImageProcessor _processor;
    private readonly StageOptions _options;
    private readonly ulong _seed;
    private readonly LearningRateSchedule _schedule;
    private readonly Optimizer _optimizer;
    private readonly (TrainableModel Model, PatchReaders Readers)[] _replicas;
    private readonly GradientWorkers _workers;
    private long _next;

    /// <summary>Prepares a run from its first step.</summary>
    /// <param name="model">Not owned.</param>
    /// <param name="readers">Trained along. Not owned.</param>
    /// <param name="scenes">What it learns from.</param>
    /// <param name="options">How the run goes.</param>
    /// <param name="seed">Identifies the run.</param>
    /// <param name="workers">Threads that compute parts of a batch side by side.</param>
    public PatchTraining(
        TrainableModel model, PatchReaders readers, SceneGenerator scenes, StageOptions options, ulong seed, int workers)
    {
        _model = model;
        Readers = readers;
        _scenes = scenes;
        _processor = new ImageProcessor(model.Config.Vision.ImageSize);
        _options = options;
        _seed = seed;
        _schedule = new LearningRateSchedule(options.Steps, options.WarmUpSteps);
        _optimizer = new Optimizer(
            Trained(model, readers), StageOptions.Beta2, options.MatrixLearningRate > 0, model.Parameters.ProductType, workers);
        _replicas = [.. Enumerable.Range(1, workers - 1).Select(_ => (model.Replicate(), readers.Replicate()))];
        _workers = new GradientWorkers([.. _replicas.Prepend((model, readers)).Select(replica => Trained(replica.Item1, replica.Item2))]);
    }

    public PatchReaders Readers { get; }

    public long StepsDone => _next;

    /// <summary>Does the steps that are left, one for each element that is asked for.</summary>
    public IEnumerable<PatchStep> Run()
    {
        using ReadAhead<(float[] Pixels, PatchTargets Targets)[]> batches = new(ReadBatch, depth: 2, _next, _options.Steps);
        while (_next < _options.Steps)
        {
            yield return Advance(batches.Take(CancellationToken.None));
        }
    }

    public void Save(string path) => TrainingState.Save(path, _next, _seed, _optimizer.State);

    public void Resume(string path)
    {
        _next = TrainingState.Load(path, _seed, _optimizer.State);
        _optimizer.Publish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        foreach ((TrainableModel model, PatchReaders readers) in _replicas)
        {
            readers.Dispose();
            model.Dispose();
        }
    }

    private static Parameter[] Trained(TrainableModel model, PatchReaders readers) =>
    [
        .. model.Parameters.Where(parameter => parameter.Part is ModelPart.Vision or ModelPart.Projector), readers.Weight, readers.Bias,
    ];

    private (float[] Pixels, PatchTargets Targets)[] ReadBatch(long number)
    {
        int side = _model.Config.Vision.ImageSize / _model.Config.Vision.PatchSize;
        var pictures = new (float[], PatchTargets)[_options.BatchSize];
        for (int i = 0; i < pictures.Length; i++)
        {
            Scene scene = _scenes.Draw((number * pictures.Length) + i);
            pictures[i] = (_processor.Process(scene.Image), new PatchTargets(scene, side));
        }
        return pictures;
    }

    private PatchStep Advance((float[] Pixels, PatchTargets Targets)[] batch)
    {
        int size = (batch.Length + _workers.Count - 1) / _workers.Count;
        (float[] Pixels, PatchTargets Targets)[][] parts = [.. batch.Chunk(size)];
        PatchStep[] steps = new PatchStep[parts.Length];
        _workers.Run(worker =>
        {
            if (worker < parts.Length)
            {
                (TrainableModel model, PatchReaders readers) = worker == 0 ? (_model, Readers) : _replicas[worker - 1];
                steps[worker] = Backward(model, readers, parts[worker], (float)parts[worker].Length / batch.Length);
            }
        });
        _optimizer.ClipGradients(1);
        double multiplier = _schedule.At(_next);
        _optimizer.Step(_next, _options.LearningRate * multiplier, matrixRate: _options.MatrixLearningRate * multiplier);
        return new PatchStep(
            _next++,
            steps.Sum(step => step.Loss),
            [.. PatchProperty.All.Select((_, i) => steps.Average(step => step.Right[i]))],
            steps.Average(step => step.BoxError),
            steps.Average(step => step.TurnError));
    }

    /// <summary>Adds the gradients of a part of a batch, which counts by <paramref name="share"/>.</summary>
    private PatchStep Backward(TrainableModel model, PatchReaders readers, (float[] Pixels, PatchTargets Targets)[] part, float share)
    {
        using var scope = NewDisposeScope();
        int side = model.Config.Vision.ImageSize;
        float[] values = TrainingBatch.Join([.. part.Select(picture => picture.Pixels)]);
        Tensor pixels = tensor(values, [part.Length, model.Config.Vision.ChannelCount, side, side]);
        Tensor features = model.ProjectImages(pixels).view(-1, model.Config.Text.HiddenSize);
        (Tensor loss, double[] right, double boxError, double turnError) = readers.Compare(features, [.. part.Select(picture => picture.Targets)]);
        using Scalar factor = share.ToScalar();
        Tensor counted = loss.mul(factor);
        counted.backward();
        return new PatchStep(_next, counted.item<float>(), right, boxError, turnError);
    }
}

/// <summary>What a step of <see cref="PatchTraining"/> did.</summary>
/// <param name="Step">Its number, counted from 0.</param>
/// <param name="Loss">Before the update.</param>
/// <param name="Right">The part of the covered patches of which each of <see cref="PatchProperty.All"/> was read right.</param>
/// <param name="BoxError">Mean squared error of the codes of edges.</param>
/// <param name="TurnError">That of the codes of turns.</param>
internal sealed record PatchStep(long Step, double Loss, IReadOnlyList<double> Right, double BoxError, double TurnError);
