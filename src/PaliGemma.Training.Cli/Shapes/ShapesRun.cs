using System.Globalization;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Data.Shapes;
using PaliGemma.Processing;
using PaliGemma.Tasks;
using PaliGemma.Tokenization;
using PaliGemma.Training.Data;
using PaliGemma.Training.Masks;
using PaliGemma.Training.Objective;
using static TorchSharp.torch;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>
/// Trains the small model stage by stage. Each stage has a folder in the run's folder and ends as a complete model in it; while it runs,
/// the folder holds the state to go on from. A run that was stopped at any moment goes on when it is started again.
/// </summary>
internal sealed class ShapesRun
{
    /// <summary>Parts of a batch that are computed one after another: answers with masks are many times as long as the others.</summary>
    private const int PartsOfBatch = 4;

    /// <summary>Steps after which the state is saved, and after which progress is told.</summary>
    private const int SaveEvery = 250, ReportEvery = 50;

    private readonly ShapesRecipe _recipe;
    private readonly string _folder;
    private readonly int _workers;
    private readonly Action<string> _report;
    private readonly CancellationToken _cancellation;

    /// <param name="recipe">What to do.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="workers">Threads that compute parts of a batch side by side, each by itself.</param>
    /// <param name="report">Takes lines that tell the progress.</param>
    /// <param name="cancellation">Stops between two steps, after saving the state.</param>
    public ShapesRun(ShapesRecipe recipe, string folder, int workers, Action<string> report, CancellationToken cancellation) =>
        (_recipe, _folder, _workers, _report, _cancellation) = (recipe, Path.GetFullPath(folder), workers, report, cancellation);

    /// <summary>A model folder, with its mask autoencoder, that a recipe without a model goes on from.</summary>
    public string? Start { get; init; }

    /// <summary>Does what is left to do; the last stage's model is then the run's folder itself.</summary>
    /// <exception cref="IOException">The folder is not empty, and holds no run of this seed and start.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped; it can go on.</exception>
    public void Run()
    {
        if (_recipe.Model is null == Start is null)
        {
            throw new InvalidOperationException("A recipe has a model, or goes on from one.");
        }
        if (Start is not null && !File.Exists(MasksOf(Start)))
        {
            throw new ModelFileException($"{MasksOf(Start)} is missing; expected the mask autoencoder of the model that the run goes on from.");
        }
        Claim();
        string model = _recipe.Model is NewModel created ? StartModel(created, TrainMasks(created.Masks)) : Start!;
        if (_recipe.Patches is StageOptions patches)
        {
            model = TrainPatches(patches, model);
        }
        for (int i = 0; i < _recipe.Stages.Count; i++)
        {
            model = TrainStage(i, model);
        }
        Finish(model);
    }

    /// <summary>
    /// Makes sure that what the folder holds is of a run of this seed and start: stages that are complete are not trained again, and those
    /// that are not go on, also where the recipe's rates or steps have been changed meanwhile.
    /// </summary>
    private void Claim()
    {
        const string Mark = "shapes.txt";
        RunFolder folder = new(_folder);
        string mark = Path.Combine(folder.Training, Mark);
        string run = string.Create(
            CultureInfo.InvariantCulture, $"seed {_recipe.Seed}, {(Start is null ? "from nothing" : $"from {Path.TrimEndingDirectorySeparator(Path.GetFullPath(Start))}")}");
        if (!File.Exists(mark))
        {
            folder.Create(Mark, path => File.WriteAllText(path, run));
        }
        else if (File.ReadAllText(mark) is string other && other != run)
        {
            throw new IOException($"{_folder} holds another run ({other}); expected a new or empty folder, or one of {run}.");
        }
    }

    /// <returns>The file of the trained autoencoder.</returns>
    private string TrainMasks(StageOptions options)
    {
        string file = MasksOf(StageFolder("masks"));
        if (File.Exists(file))
        {
            return file;
        }
        SceneShapeMasks shapes = new(new SceneGenerator(Seed("masks"), options.Scenes));
        using TrainableMaskAutoencoder model = new((long)Seed("masks"));
        using MaskTrainer trainer = new(model, shapes.Next, options.BatchSize, options.Steps, options.LearningRate, Seed("masks"));
        double overlap = 0;
        for (int step = 1; step <= options.Steps; step++)
        {
            _cancellation.ThrowIfCancellationRequested();
            overlap += trainer.Step();
            if (step % ReportEvery == 0)
            {
                Report("masks", step, options, string.Create(CultureInfo.InvariantCulture, $"IoU {overlap / ReportEvery:F3}"));
                overlap = 0;
            }
        }
        model.Save(file, ElementType.Float16);
        return file;
    }

    /// <returns>The folder of the model whose features say what is over a patch.</returns>
    private string TrainPatches(StageOptions options, string start)
    {
        const string Name = "patches";
        string folder = StageFolder(Name);
        if (IsComplete(folder))
        {
            _report($"{Name}: complete");
            return folder;
        }
        start = Grow(start, Name, options);
        using TrainableModel model = Load(start);
        if (_recipe.Model is not null)
        {
            SmoothPlaces.Apply(model, Seed("places"));
        }
        using PatchReaders readers = new(model.Config.Text.HiddenSize, Seed("readers"));
        using PatchTraining training = new(model, readers, new SceneGenerator(Seed(Name), options.Scenes), options, Seed(Name), _workers);
        string state = StateOf(folder);
        if (File.Exists(state))
        {
            training.Resume(state);
        }
        List<PatchStep> recent = [];
        RunSteps(training.Run(), step => step.Step, () => training.Save(state), options.StepsToDo - training.StepsDone, (step, last) =>
        {
            recent.Add(step);
            if (last)
            {
                IEnumerable<string> right = PatchProperty.All.Select(
                    (property, i) => string.Create(CultureInfo.InvariantCulture, $"{property.Name} {recent.Average(one => one.Right[i]):F2}"));
                Report(Name, step.Step + 1, options, string.Create(
                    CultureInfo.InvariantCulture,
                    $"loss {recent.Average(one => one.Loss):F3}, {string.Join(", ", right)}, box {recent.Average(one => one.BoxError):F3}, turn {recent.Average(one => one.TurnError):F3}"));
                recent.Clear();
            }
        });
        new RunFolder(folder).AddModel(part => model.SaveFolder(part, start, ElementType.Float32));
        return folder;
    }

    private string TrainStage(int number, string start)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"stage-{number + 1}");
        string folder = StageFolder(name);
        if (IsComplete(folder))
        {
            _report($"{name}: complete");
            return folder;
        }
        StageOptions options = _recipe.Stages[number];
        start = Grow(start, name, options);
        using TrainableModel model = Load(start);
        model.SetTrainable(ModelPart.Vision, !options.FreezeImages);
        model.SetTrainable(ModelPart.Projector, !options.FreezeImages);
        PaliGemmaTokenizer tokenizer = PaliGemmaTokenizer.Load(start);
        using MaskEncoder encoder = MaskEncoder.Load(MasksOf(start));
        SceneExamples examples = new(
            new SceneGenerator(Seed(name), options.Scenes),
            new SceneExaminer(Seed(name), options.AnyShare, options.SecondShare, shape => encoder.Encode(shape.ToIdealMask()))
            {
                HardShare = options.HardShare,
                OrderNoise = options.OrderNoise,
            },
            options.Tasks!, // A recipe without is refused.
            options.PerScene,
            model.Config.Vision.ImageSize / model.Config.Vision.PatchSize);
        ExampleEncoder inputs = new(new PaliGemmaProcessor(model.Config, tokenizer), tokenizer);
        LocationSpread? spread =
            options.Spread > 0 ? new LocationSpread(SmoothPlaces.FirstLocation(model.Config), LocationTokens.Count, options.Spread) : null;
        using Trainer trainer = new(model, examples, inputs, new TrainingOptions
        {
            BatchSize = options.BatchSize,
            MicroBatchSize = Math.Max(1, options.BatchSize / PartsOfBatch),
            Workers = _workers,
            Steps = options.Steps,
            WarmUpSteps = options.WarmUpSteps,
            LearningRate = options.LearningRate,
            MatrixLearningRate = options.MatrixLearningRate,
            Beta2 = StageOptions.Beta2,
            Seed = Seed(name),
            Loss = new SuffixLoss(options.Average, spread: spread),
            AnswerPartWeight = options.AnswerPartWeight,
        });
        string state = StateOf(folder);
        if (File.Exists(state))
        {
            trainer.Resume(state);
        }
        List<TrainingStep> recent = [];
        RunSteps(trainer.Run(), step => step.Step, () => trainer.Save(state), options.StepsToDo - trainer.StepsDone, (step, last) =>
        {
            recent.Add(step);
            if (last)
            {
                double rate = options.BatchSize / recent.Average(one => one.Time.TotalSeconds);
                string parts = options.AnswerPartWeight == 0 ? ""
                    : string.Create(CultureInfo.InvariantCulture, $", parts {recent.Average(one => one.PartsRight):F3}");
                Report(name, step.Step + 1, options, string.Create(
                    CultureInfo.InvariantCulture, $"loss {recent.Average(one => one.Loss):F3}{parts}, {rate:F0} examples/s"));
                recent.Clear();
            }
        });
        new RunFolder(folder).AddModel(part => model.SaveFolder(part, start, ElementType.Float32));
        return folder;
    }

    /// <returns>The folder of the model with as many layers as a stage wants.</returns>
    private string Grow(string start, string stage, StageOptions options)
    {
        PaliGemmaConfig config = PaliGemmaConfig.Load(start);
        int tower = Math.Max(config.Vision.LayerCount, options.TowerLayers);
        int decoder = Math.Max(config.Text.LayerCount, options.DecoderLayers);
        if (tower == config.Vision.LayerCount && decoder == config.Text.LayerCount)
        {
            return start;
        }
        string folder = StageFolder($"{stage}-start");
        if (!IsComplete(folder))
        {
            using TrainableModel model = TrainableModel.Load(start);
            new RunFolder(folder).AddModel(part => LayerGrowth.Write(part, model, start, tower, decoder));
        }
        return folder;
    }

    /// <summary>Goes through the steps that are left, and saves the state every now and then and when the run is stopped.</summary>
    private void RunSteps<T>(IEnumerable<T> steps, Func<T, long> number, Action save, long left, Action<T, bool> told)
    {
        foreach (T step in steps.Take((int)left))
        {
            long done = number(step) + 1;
            left--;
            told(step, done % ReportEvery == 0 || left == 0);
            if (done % SaveEvery == 0 || _cancellation.IsCancellationRequested)
            {
                save();
            }
            _cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The model before training, with its mask autoencoder.</summary>
    private string StartModel(NewModel created, string masks)
    {
        string folder = StageFolder("start");
        if (!IsComplete(folder))
        {
            new RunFolder(folder).AddModel(part =>
            {
                ShapesModel.Write(part, created, _recipe.Seed);
                File.Copy(masks, MasksOf(part));
            });
        }
        return folder;
    }

    private TrainableModel Load(string folder)
    {
        TrainableModel model = TrainableModel.Load(folder);
        model.Parameters.ProductType = _recipe.MixedPrecision ? ScalarType.BFloat16 : ScalarType.Float32;
        return model;
    }

    private void Finish(string model)
    {
        using TrainableModel trained = TrainableModel.Load(model);
        new RunFolder(_folder).AddModel(part => trained.SaveFolder(part, model, ElementType.BFloat16));
    }

    private ulong Seed(string name) =>
        SplitMix64.Derive(_recipe.Seed, name.Aggregate(17UL, (hash, letter) => unchecked((hash * 31) + letter)));

    private string StageFolder(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    /// <summary>Where the state to go on from is, in a folder that exists.</summary>
    private static string StateOf(string folder)
    {
        RunFolder run = new(folder);
        Directory.CreateDirectory(run.Training);
        return run.State;
    }

    private static string MasksOf(string folder) => Path.Combine(folder, MaskDecoder.FileName);

    private static bool IsComplete(string folder) => File.Exists(Path.Combine(folder, "config.json"));

    private void Report(string stage, long step, StageOptions options, string what) => _report($"{stage} {step}/{options.Steps}: {what}");
}
