using System.CommandLine;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Commands;
using PaliGemma.Training.Evaluation;
using PaliGemma.Training.Objective;
using PaliGemma.Tasks;
using PaliGemma.Tokenization;

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
    private readonly Option<long> _steps = Count("--steps", "Steps of the run; without it, --epochs says.");
    private readonly Option<double> _epochs = Number("--epochs", "How often every example is seen.", 1, value => value > 0, "a number above 0");
    private readonly Option<int> _batchSize = new("--batch-size", "-b")
    {
        Description = "Examples that a step learns from.",
        DefaultValueFactory = _ => 8,
        CustomParser = NumberParser.Create<int>(value => value > 0, "a whole number of at least 1"),
        HelpName = "N",
    };

    private readonly Option<long> _microBatchSize = Count("--micro-batch-size", "Examples that are computed with at a time, where a batch takes too much memory.");
    private readonly Option<double> _learningRate = Number("--learning-rate", "The highest learning rate.", 1e-5, value => value > 0, "a number above 0");
    private readonly Option<double> _warmUp = Number("--warm-up", "The part of the run in which the learning rate rises.", 0.05, value => value is >= 0 and < 1, "a number from 0 to 1");
    private readonly Option<double> _weightDecay = Number("--weight-decay", "The part of an image tower's or projector's matrix that goes per step.", 0, value => value is >= 0 and < 1, "a number from 0 to 1");
    private readonly Option<double> _smoothing = Number("--label-smoothing", "The probability that targets give to other tokens.", 0, value => value is >= 0 and < 1, "a number from 0 to 1");
    private readonly Option<double> _spread = Number("--location-spread", "Standard deviation, in locations, by which location targets are spread.", 0, value => value >= 0, "a number of at least 0");
    private readonly Option<LossAverage> _average = EnumOption.One("--loss-average", "What the loss is the mean of.", LossAverage.Example, Enum.GetValues<LossAverage>());
    private readonly Option<ModelPart[]> _freeze = EnumOption.Many<ModelPart>("--freeze", "Parts that are not trained.");
    private readonly Option<ulong> _seed = new("--seed") { Description = "Start of all random sequences.", HelpName = "S" };
    private readonly Option<long> _saveEvery = Count("--save-every", "Steps between two states to resume from.", 500);
    private readonly Option<long> _evaluateEvery = Count("--evaluate-every", "Steps between two evaluations, if there is something to measure on.", 500);
    private readonly Option<long> _validationExamples = Count("--validation-examples", "The most examples that an evaluation measures on.", 256);
    private readonly Option<EvaluationMetric[]> _metrics = EnumOption.Many<EvaluationMetric>("--metric", "Scores of generated answers to measure, beside the loss.");

    private readonly Option<ElementType> _type = EnumOption.One(
        "--dtype", "The element type of the weights that are written.", ElementType.BFloat16, ElementType.BFloat16, ElementType.Float16, ElementType.Float32);

    public RunArguments()
    {
        Command = new Command("run", "Fine-tune a model on examples.")
        {
            _model, _output, _steps, _epochs, _batchSize, _microBatchSize, _learningRate, _warmUp, _weightDecay, _smoothing, _spread, _average, _freeze, _seed,
            _saveEvery, _evaluateEvery, _validationExamples, _metrics, _type,
        };
        Data.AddTo(Command);
    }

    public Command Command { get; }

    public DataArguments Data { get; } = new();

    public string Model(ParseResult parsed) => ModelFolder.Resolve(parsed.GetRequiredValue(_model));

    public string Output(ParseResult parsed) => parsed.GetRequiredValue(_output);

    public ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public IReadOnlyList<ModelPart> Frozen(ParseResult parsed) => parsed.GetValue(_freeze) ?? [];

    public ElementType Type(ParseResult parsed) => parsed.GetValue(_type);

    public long SaveEvery(ParseResult parsed) => parsed.GetValue(_saveEvery);

    public long EvaluateEvery(ParseResult parsed) => parsed.GetValue(_evaluateEvery);

    public int ValidationExamples(ParseResult parsed) => (int)Math.Min(int.MaxValue, parsed.GetValue(_validationExamples));

    public IReadOnlyList<EvaluationMetric> Metrics(ParseResult parsed) => parsed.GetValue(_metrics) ?? [];

    /// <summary>How the run goes, for a number of examples in an epoch.</summary>
    public TrainingOptions Training(ParseResult parsed, long examples, PaliGemmaTokenizer tokenizer)
    {
        int batchSize = parsed.GetValue(_batchSize);
        long steps = parsed.GetValue(_steps);
        steps = steps > 0 ? steps : Math.Max(1, (long)Math.Ceiling(parsed.GetValue(_epochs) * examples / batchSize));
        double spread = parsed.GetValue(_spread);
        return new TrainingOptions
        {
            BatchSize = batchSize,
            MicroBatchSize = (int)Math.Min(batchSize, parsed.GetValue(_microBatchSize)),
            Steps = steps,
            WarmUpSteps = (long)(parsed.GetValue(_warmUp) * steps),
            LearningRate = parsed.GetValue(_learningRate),
            WeightDecay = parsed.GetValue(_weightDecay),
            Seed = parsed.GetValue(_seed),
            Loss = new SuffixLoss(
                parsed.GetValue(_average),
                (float)parsed.GetValue(_smoothing),
                spread > 0 ? new LocationSpread(tokenizer.Encode(LocationTokens.Format(0))[0], LocationTokens.Count, (float)spread) : null),
        };
    }

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
        CustomParser = NumberParser.Create(allowed, expected),
        HelpName = "X",
    };
}
