using PaliGemma.Data.Shapes;
using PaliGemma.Processing;
using PaliGemma.Training.Data;
using PaliGemma.Training.Layers;
using PaliGemma.Training.Optimization;
using static TorchSharp.torch;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>
/// Trains image tower and projector before the decoder, as SigLIP was trained before PaliGemma: each patch's feature has to say what is
/// over the patch, how often it is in the picture, and where it ends. A picture gives 64 times ten answers here, against a few tokens when
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
    private long _next;

    /// <summary>Prepares a run from its first step.</summary>
    /// <param name="model">Not owned.</param>
    /// <param name="readers">Trained along. Not owned.</param>
    /// <param name="scenes">What it learns from.</param>
    /// <param name="options">How the run goes.</param>
    /// <param name="seed">Identifies the run.</param>
    public PatchTraining(TrainableModel model, PatchReaders readers, SceneGenerator scenes, StageOptions options, ulong seed)
    {
        _model = model;
        Readers = readers;
        _scenes = scenes;
        _processor = new ImageProcessor(model.Config.Vision.ImageSize);
        _options = options;
        _seed = seed;
        _schedule = new LearningRateSchedule(options.Steps, options.WarmUpSteps);
        IEnumerable<Parameter> tower = model.Parameters.Where(parameter => parameter.Part is ModelPart.Vision or ModelPart.Projector);
        _optimizer = new Optimizer([.. tower, readers.Weight, readers.Bias], StageOptions.Beta2, useMuon: options.MatrixLearningRate > 0);
    }

    public PatchReaders Readers { get; }

    public long StepsDone => _next;

    /// <summary>Does the steps that are left, one for each element that is asked for.</summary>
    public IEnumerable<PatchStep> Run()
    {
        ReadAhead<(float[] Pixels, PatchTargets Targets)[]> batches = new(ReadBatch, depth: 2, _next);
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
    public void Dispose() => _optimizer.Dispose();

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
        using var scope = NewDisposeScope();
        int size = _model.Config.Vision.ImageSize;
        float[] values = [.. batch.SelectMany(picture => picture.Pixels)];
        Tensor pixels = tensor(values, [batch.Length, _model.Config.Vision.ChannelCount, size, size]);
        Tensor features = _model.ProjectImages(pixels).view(-1, _model.Config.Text.HiddenSize);
        (Tensor loss, double[] right, double boxError) = Readers.Compare(features, [.. batch.Select(picture => picture.Targets)]);
        loss.backward();
        _optimizer.ClipGradients(1);
        double multiplier = _schedule.At(_next);
        _optimizer.Step(_next, _options.LearningRate * multiplier, matrixRate: _options.MatrixLearningRate * multiplier);
        return new PatchStep(_next++, loss.item<float>(), right, boxError);
    }
}

/// <summary>What a step of <see cref="PatchTraining"/> did.</summary>
/// <param name="Step">Its number, counted from 0.</param>
/// <param name="Loss">Before the update.</param>
/// <param name="Right">The part of the covered patches of which each of <see cref="PatchProperty.All"/> was read right.</param>
/// <param name="BoxError">Mean squared error of the codes of edges.</param>
internal sealed record PatchStep(long Step, double Loss, IReadOnlyList<double> Right, double BoxError);
