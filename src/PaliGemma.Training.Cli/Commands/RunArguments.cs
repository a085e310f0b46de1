using System.CommandLine;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Commands;
using PaliGemma.Tasks;
using PaliGemma.Tokenization;
using PaliGemma.Training.Evaluation;
using PaliGemma.Training.Objective;
using PaliGemma.Training.Recipes;
using PaliGemma.Training.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Cli.Commands;

/// <summary>The options of a run.</summary>
internal sealed class RunArguments
{
    private readonly Option<string> _model = new("--model", "-m")
    {
        Description = "The model folder to start from, or the name of a pulled repository.",
        Required = true,
        HelpName = "DIR",
    };

    private readonly Option<string> _output = new("--output", "-o") { Description = "The folder to create.", Required = true, HelpName = "DIR" };
    private readonly Option<Recipe?> _recipe = new("--recipe")
    {
        Description = "The hyper-parameters of a published fine-tuned model, such as vqav2-448; options beside it go first.",
        CustomParser = result =>
        {
            if (Recipe.TryGet(result.Tokens[0].Value, out Recipe recipe))
            {
                return recipe;
            }
            result.AddError($"--recipe is one of {string.Join(", ", Recipe.All.Select(known => known.Name))}, not '{result.Tokens[0].Value}'.");
            return null;
        },
        HelpName = "NAME",
    };

    private readonly Option<long> _steps = Count("--steps", "Steps of the run; without it, --epochs says.");
    private readonly Option<double> _epochs = Number("--epochs", "How often every example is seen.", 1, value => value > 0, "a number above 0");
    private readonly Option<long> _batchSize = Count("--batch-size", "Examples that a step learns from.", 8);
    private readonly Option<long> _microBatchSize = Count(
        "--micro-batch-size", "Examples that are computed with at a time, where a batch takes too much memory.");
    private readonly Option<double> _learningRate = Number("--learning-rate", "The highest learning rate.", 1e-5, value => value > 0, "a number above 0");
    private readonly Option<double> _warmUp = Number(
        "--warm-up", "The part of the run in which the learning rate rises.", 0.05, value => value is >= 0 and < 1, "a number from 0 to 1");
    private readonly Option<double> _weightDecay = Number(
        "--weight-decay", "The part of an image tower's or projector's matrix that goes per step.",
        0, value => value is >= 0 and < 1, "a number from 0 to 1");
    private readonly Option<double> _smoothing = Number(
        "--label-smoothing", "The probability that targets give to other tokens.", 0, value => value is >= 0 and < 1, "a number from 0 to 1");
    private readonly Option<double> _dropout = Number(
        "--dropout", "Dropout of what the decoder's layers add.", 0, value => value is >= 0 and < 1, "a number from 0 to 1");
    private readonly Option<double> _spread = Number(
        "--location-spread", "Standard deviation, in locations, by which location targets are spread.",
        0, value => value >= 0, "a number of at least 0");
    private readonly Option<LossAverage> _average = EnumOption.One(
        "--loss-average", "What the loss is the mean of.", LossAverage.Example, Enum.GetValues<LossAverage>());
    private readonly Option<ModelPart[]> _freeze = EnumOption.Many<ModelPart>("--freeze", "Parts that are not trained.");
    private readonly Option<long> _lora = Count("--lora", "Train adapters of this rank beside the decoder's linear layers, and nothing else.");
    private readonly Option<double> _loraAlpha = Number(
        "--lora-alpha", "What adapters are multiplied by, times their rank; without it, twice the rank.", 0, value => value > 0, "a number above 0");

    private readonly Option<string[]> _loraTargets = new("--lora-targets")
    {
        Description = "The layers that get adapters.",
        DefaultValueFactory = _ => ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        AllowMultipleArgumentsPerToken = true,
        HelpName = "NAME",
    };

    private readonly Option<string> _device = new("--device")
    {
        Description = "What computes: the processor, or a GPU where the program was built for one; auto takes a GPU if one answers.",
        DefaultValueFactory = _ => TorchDevice.Auto,
        HelpName = "auto|cpu|cuda[:N]",
    };

    private readonly Option<int> _workers = new("--workers", "--threads")
    {
        Description = "Threads of the processor that compute parts of a batch side by side, which small models gain from.",
        DefaultValueFactory = _ => 1,
        CustomParser = NumberParser.Create<int>(value => value is >= 1 and <= 64, "a whole number from 1 to 64"),
        HelpName = "N",
    };

    private readonly Option<bool> _mixedPrecision = new("--mixed-precision")
    {
        Description = "Multiply in bfloat16 in linear layers, which processors with instructions for it do faster.",
    };

    private readonly Option<bool> _checkpointing = new("--checkpoint-activations")
    {
        Description = "Compute the inside of layers twice instead of keeping it.",
    };

    private readonly Option<long> _imageSize = Count(
        "--image-size", "Side of the pictures in pixels, if not the model's: position embeddings are interpolated.");

    private readonly Option<ElementType> _trainingType = EnumOption.One(
        "--weights", "How weights are kept while they are trained.", ElementType.Float32, ElementType.Float32, ElementType.BFloat16);

    private readonly Option<ulong> _seed = SeedOption.Create("Start of all random sequences.");
    private readonly Option<long> _saveEvery = Count("--save-every", "Steps between two states to resume from.", 500);
    private readonly Option<long> _evaluateEvery = Count("--evaluate-every", "Steps between two evaluations, if there is something to measure on.", 500);
    private readonly Option<long> _validationExamples = Count("--validation-examples", "The most examples that an evaluation measures on.", 256);
    private readonly Option<EvaluationMetric[]> _metrics = EnumOption.Many<EvaluationMetric>(
        "--metric", "Scores of generated answers to measure, beside the loss.");

    private readonly Option<ElementType> _type = EnumOption.One(
        "--dtype", "The element type of the weights that are written.", ElementType.BFloat16, ElementType.BFloat16, ElementType.Float16, ElementType.Float32);

    public RunArguments()
    {
        Command = new Command("run", "Fine-tune a model on examples.")
        {
            _model, _output, _recipe, _steps, _epochs, _batchSize, _microBatchSize, _learningRate, _warmUp, _weightDecay, _smoothing, _dropout,
            _spread, _average, _freeze,
            _lora, _loraAlpha, _loraTargets, _device, _workers, _mixedPrecision, _checkpointing, _imageSize, _trainingType, _seed, _saveEvery,
            _evaluateEvery, _validationExamples, _metrics, _type,
        };
        Data.AddTo(Command);
        Augmentation.AddTo(Command);
    }

    public Command Command { get; }

    public DataArguments Data { get; } = new();

    public AugmentationArguments Augmentation { get; } = new();

    public string Model(ParseResult parsed) => ModelFolder.Resolve(parsed.GetRequiredValue(_model));

    /// <summary>Finds what the run computes on, and sets libtorch's threads.</summary>
    /// <exception cref="ArgumentException">The device is not there, or cannot do what is asked of it; or options do not fit together.</exception>
    public Device Prepare(ParseResult parsed)
    {
        parsed.RefuseUnless(
            Data.Measures(parsed), "has no effect without --validation or --validation-split", _metrics, _evaluateEvery, _validationExamples);
        parsed.RefuseUnless(UsesAdapters(parsed), $"has no effect without {_lora.Name}", _loraAlpha, _loraTargets);
        parsed.RefuseUnless(!parsed.IsGiven(_steps), $"has no effect beside {_steps.Name}", _epochs);
        parsed.RefuseUnless(!UsesAdapters(parsed), $"has no effect beside {_lora.Name}, with which everything but the adapters is frozen", _freeze);
        long batch = Chosen(parsed, _batchSize, parsed.GetValue(_recipe)?.BatchSize);
        parsed.RefuseUnless(parsed.GetValue(_microBatchSize) <= batch, $"is more than a batch of {batch}", _microBatchSize);
        int workers = parsed.GetValue(_workers);
        if (workers > 1 && Chosen(parsed, _dropout, parsed.GetValue(_recipe)?.Dropout) > 0)
        {
            throw new ArgumentException("--workers and dropout exclude each other: what is dropped can be repeated on one thread only.");
        }
        Device device = TorchDevice.Choose(parsed.GetRequiredValue(_device));
        if (workers > 1)
        {
            if (device.type != DeviceType.CPU)
            {
                throw new ArgumentException($"--workers are threads of the processor; expected --device cpu beside it, not {device}.");
            }
            // Otherwise each of the workers would share its operations with threads of libtorch's.
            set_num_threads(1);
        }
        return device;
    }

    /// <summary>Loads the model and makes trainable what is to be trained.</summary>
    public TrainableModel Load(ParseResult parsed, Device device)
    {
        long size = Chosen(parsed, _imageSize, parsed.GetValue(_recipe)?.ImageSize);
        int? side = size > 0 ? (int)Math.Min(int.MaxValue, size) : null;
        TrainableModel model = TrainableModel.Load(Model(parsed), TrainingType(parsed), side, device);
        try
        {
            model.Parameters.ProductType = parsed.GetValue(_mixedPrecision) ? ScalarType.BFloat16 : ScalarType.Float32;
            if (UsesAdapters(parsed))
            {
                int rank = (int)Math.Min(1 << 16, parsed.GetValue(_lora));
                double alpha = parsed.GetValue(_loraAlpha);
                string[] layers = [.. parsed.GetValue(_loraTargets)!.SelectMany(names => names.Split(','))];
                model.AddAdapters(layers, rank, alpha > 0 ? alpha : 2 * rank, parsed.GetValue(_seed));
            }
            foreach (ModelPart part in parsed.GetValue(_freeze) ?? [])
            {
                model.SetTrainable(part, false);
            }
            if (parsed.GetValue(_recipe) is { FreezesVision: true })
            {
                model.SetTrainable(ModelPart.Vision, false);
            }
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public bool UsesAdapters(ParseResult parsed) => parsed.GetValue(_lora) > 0;

    public string Output(ParseResult parsed) => parsed.GetRequiredValue(_output);

    public ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    /// <summary>How weights are kept while they are trained.</summary>
    public ElementType TrainingType(ParseResult parsed) => parsed.GetValue(_trainingType);

    public ElementType Type(ParseResult parsed) => parsed.GetValue(_type);

    public long SaveEvery(ParseResult parsed) => parsed.GetValue(_saveEvery);

    public long EvaluateEvery(ParseResult parsed) => parsed.GetValue(_evaluateEvery);

    public int ValidationExamples(ParseResult parsed) => (int)Math.Min(int.MaxValue, parsed.GetValue(_validationExamples));

    public IReadOnlyList<EvaluationMetric> Metrics(ParseResult parsed) => parsed.GetValue(_metrics) ?? [];

    /// <summary>How the run goes, for a number of examples in an epoch.</summary>
    public TrainingOptions Training(ParseResult parsed, long examples, PaliGemmaTokenizer tokenizer)
    {
        Recipe? recipe = parsed.GetValue(_recipe);
        int batchSize = (int)Math.Min(int.MaxValue, Chosen(parsed, _batchSize, recipe?.BatchSize));
        long steps = parsed.GetValue(_steps);
        steps = steps > 0 ? steps : Math.Max(1, (long)Math.Ceiling(Chosen(parsed, _epochs, recipe?.Epochs) * examples / batchSize));
        double spread = parsed.GetValue(_spread);
        return new TrainingOptions
        {
            BatchSize = batchSize,
            MicroBatchSize = (int)Math.Min(batchSize, parsed.GetValue(_microBatchSize)),
            Workers = parsed.GetValue(_workers),
            Steps = steps,
            WarmUpSteps = (long)(parsed.GetValue(_warmUp) * steps),
            LearningRate = Chosen(parsed, _learningRate, recipe?.LearningRate),
            WeightDecay = Chosen(parsed, _weightDecay, recipe?.WeightDecay),
            Dropout = Chosen(parsed, _dropout, recipe?.Dropout),
            CheckpointActivations = parsed.GetValue(_checkpointing),
            Seed = parsed.GetValue(_seed),
            Loss = new SuffixLoss(
                parsed.GetValue(_average),
                (float)Chosen(parsed, _smoothing, recipe?.LabelSmoothing),
                spread > 0 ? new LocationSpread(tokenizer.Encode(LocationTokens.Format(0))[0], LocationTokens.Count, (float)spread) : null),
        };
    }

    /// <summary>What was typed, else what the recipe says, else the default.</summary>
    private static T Chosen<T>(ParseResult parsed, Option<T> option, T? recipe)
        where T : struct => parsed.IsGiven(option) ? parsed.GetValue(option) : recipe ?? parsed.GetValue(option);

    private static Option<long> Count(string name, string description, long fallback = 0) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => fallback,
        CustomParser = NumberParser.Create<long>(value => value > 0, "a whole number of at least 1"),
        HelpName = "N",
    };

    private static Option<double> Number(string name, string description, double fallback, Predicate<double> allowed, string expected) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => fallback,
        CustomParser = NumberParser.Create<double>(value => double.IsFinite(value) && allowed(value), expected),
        HelpName = "X",
    };
}
