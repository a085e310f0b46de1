using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Output;
using PaliGemma.Processing;
using PaliGemma.Tokenization;
using PaliGemma.Training.Adapters;
using PaliGemma.Training.Cli.Commands;
using PaliGemma.Training.Cli.Output;
using PaliGemma.Training.Data;
using PaliGemma.Training.Evaluation;
using PaliGemma.Training.Reporting;
using PaliGemma.Training.Runtime;
using static TorchSharp.torch;

namespace PaliGemma.Training.Cli;

/// <summary>A run from its options to the finished model folder.</summary>
internal static class TrainingRun
{
    /// <summary>Trains, measures, saves and writes.</summary>
    /// <param name="options">The options.</param>
    /// <param name="parsed">Their values.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="resume">Whether to go on with what the folder holds.</param>
    /// <param name="cancellation">Stops after a step, whose state is saved.</param>
    public static void Go(RunArguments options, ParseResult parsed, RunFolder folder, bool resume, CancellationToken cancellation)
    {
        Device device = options.Prepare(parsed);
        if (!resume)
        {
            folder.CheckIsFree();
        }
        string source = options.Model(parsed);
        using TrainingData data = options.Data.Open(parsed, options.Seed(parsed), cancellation);
        PaliGemmaTokenizer tokenizer = PaliGemmaTokenizer.Load(source);
        using TrainableModel model = options.Load(parsed, device);
        TrainingOptions training = options.Training(parsed, data.Count, tokenizer);
        ExampleEncoder encoder = new(new PaliGemmaProcessor(model.Config, tokenizer), tokenizer);
        using Trainer trainer = new(model, options.Augmentation.Apply(parsed, data.Mixture(training.Seed), training.Seed), encoder, training);
        if (trainer.TrainedElements == 0)
        {
            throw new ArgumentException("Everything is frozen; expected a part that is trained.");
        }
        if (!resume)
        {
            folder.Create([.. parsed.Tokens.Select(token => token.Value).SkipWhile(value => value == options.Command.Name)]);
        }
        else if (File.Exists(folder.State))
        {
            trainer.Resume(folder.State);
        }
        Console.Error.WriteLine(Describe(options, parsed, model, trainer, data, training));
        Evaluator? evaluator = data.Validation.Count == 0 ? null : new Evaluator(model, tokenizer, options.Metrics(parsed));
        using (MetricsLog log = new(folder.Training, trainer.StepsDone))
        using (cancellation.Register(() => Console.Error.WriteLine($"paligemma-train: Stopping; 'paligemma-train resume {folder.FullPath}' will go on.")))
        {
            TrainingDisplay display = new(training.Steps, trainer.StepsDone);
            display.Run(() =>
            {
                if (IsMeasuredAfter(trainer.StepsDone) && !log.HasEvaluation(trainer.StepsDone - 1))
                {
                    Measure(trainer.StepsDone);
                }
                foreach (TrainingStep step in trainer.Run(CancellationToken.None))
                {
                    if (!double.IsFinite(step.Loss))
                    {
                        throw new ArgumentException(
                            $"The loss of step {step.Step} is no number any more; a lower --learning-rate, or a longer --warm-up, may help.");
                    }
                    log.Add(step);
                    display.Show(step);
                    long done = step.Step + 1;
                    bool last = done == training.Steps;
                    if (last || cancellation.IsCancellationRequested || done % options.SaveEvery(parsed) == 0)
                    {
                        trainer.Save(folder.State);
                    }
                    cancellation.ThrowIfCancellationRequested();
                    if (IsMeasuredAfter(done))
                    {
                        Measure(done);
                    }
                }
            });

            bool IsMeasuredAfter(long done) =>
                evaluator is not null && done > 0 && (done == training.Steps || done % options.EvaluateEvery(parsed) == 0);

            void Measure(long done)
            {
                try
                {
                    log.Add(done - 1, evaluator!.Evaluate(data.ValidationExamples(options.ValidationExamples(parsed)), cancellation));
                }
                catch (OperationCanceledException)
                {
                    // The run then goes on with this evaluation.
                    trainer.Save(folder.State);
                    throw;
                }
            }
        }
        LossPlot.Save(
            folder.Plot,
            MetricsLog.Read(folder.Training, MetricsLog.TrainingLoss),
            MetricsLog.Read(folder.Training, MetricsLog.ValidationLoss));
        folder.AddModel(path => model.SaveFolder(path, source, options.Type(parsed)));
        if (options.UsesAdapters(parsed))
        {
            Directory.CreateDirectory(folder.Adapter);
            LoraFolder.Save(folder.Adapter, model.Parameters, source);
        }
        using Process process = Process.GetCurrentProcess();
        Console.Out.WriteLine($"{folder.FullPath}: {training.Steps} steps, at most {ByteSize.Text(process.PeakWorkingSet64)} of memory.");
    }

    private static string Describe(
        RunArguments options, ParseResult parsed, TrainableModel model, Trainer trainer, TrainingData data, TrainingOptions training)
    {
        long all = model.Parameters.Sum(parameter => new TensorDeclaration(parameter.Name, ElementType.UInt8, parameter.Shape).ByteLength);
        string type = options.TrainingType(parsed).ToString().ToLowerInvariant();
        string products = model.Parameters.ProductType == ScalarType.Float32 ? "" : ", multiplied in bfloat16,";
        string memory = TorchDevice.TotalMemory(model.Device) is long bytes ? $" ({ByteSize.Text(bytes)} of memory)" : "";
        string workers = training.Workers > 1 ? $" by {training.Workers} threads" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Training {trainer.TrainedElements:N0} of {all:N0} weights in {type}{products} on {model.Device}{memory}{workers}: "
            + $"{data.Count:N0} examples, {training.Steps:N0} steps of {training.BatchSize}.");
    }
}
