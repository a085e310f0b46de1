// Teaches a model a shape that it does not know, and writes the new model:
// dotnet run -c Release --project samples/FineTune -- models/shapes NEW_FOLDER
using FineTune;
using PaliGemma.Checkpoints;
using PaliGemma.Processing;
using PaliGemma.Tokenization;
using PaliGemma.Training;
using PaliGemma.Training.Data;
using PaliGemma.Training.Evaluation;
using PaliGemma.Training.Runtime;
using TorchSharp;

if (args is not [string source, string target])
{
    Console.Error.WriteLine("Expected two folders: the model to start from, and the new one.");
    return 1;
}
if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
{
    Console.Error.WriteLine($"{target} is not empty; expected a new or empty folder.");
    return 1;
}
Directory.CreateDirectory(target);
// A small model gains from a part of the batch on each processor; a large one from all processors on each product.
TorchLibrary.Load();
torch.set_num_threads(1);
PaliGemmaTokenizer tokenizer = PaliGemmaTokenizer.Load(source);
using TrainableModel model = TrainableModel.Load(source);
HeartExamples hearts = new();
Evaluator evaluator = new(model, tokenizer, [EvaluationMetric.ExactMatch, EvaluationMetric.BoxOverlap]);
Report("before");

ExampleEncoder encoder = new(new PaliGemmaProcessor(model.Config, tokenizer), tokenizer);
TrainingOptions options = new() { BatchSize = 16, Workers = Environment.ProcessorCount, Steps = 400, WarmUpSteps = 20, LearningRate = 5e-4 };
using (Trainer trainer = new(model, hearts, encoder, options))
{
    foreach (TrainingStep step in trainer.Run())
    {
        if (step.Step % 20 == 0)
        {
            Console.WriteLine($"step {step.Step}: loss {step.Loss:F3}");
        }
    }
}

Report("after");
model.SaveFolder(target, source, ElementType.BFloat16);
Console.WriteLine($"paligemma detect PICTURE heart --model {target}");
return 0;

void Report(string when)
{
    // Places of the run that training never comes to.
    IEnumerable<TrainingExample> heldOut = Enumerable.Range(0, 50).Select(i => hearts.Read(1_000_000 + i));
    EvaluationResult result = evaluator.Evaluate(heldOut);
    Console.WriteLine(
        $"{when}: loss {result.Loss:F3}, exact {result.Scores[EvaluationMetric.ExactMatch]:P0}, boxes {result.Scores[EvaluationMetric.BoxOverlap]:P0}");
}
