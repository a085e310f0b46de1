using System.CommandLine;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Output;
using PaliGemma.Configuration;
using PaliGemma.Tokenization;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma create-random</c>: a complete model folder of random weights, for benchmarks and load tests.</summary>
internal static class CreateRandomCommand
{
    public static Command Create()
    {
        Option<string> config = new("--config")
        {
            Description = $"The sizes: {string.Join(", ", PaliGemmaPresets.Names)}, or a config.json.",
            Required = true,
            HelpName = "NAME|FILE",
        };
        Option<ElementType> type = EnumOption.One(
            "--dtype", "The element type of the weights.", ElementType.BFloat16, ElementType.BFloat16, ElementType.Float16, ElementType.Float32);
        Option<string> output = new("--output", "-o") { Description = "The folder to create.", Required = true, HelpName = "DIR" };
        Option<ulong> seed = SeedOption.Create();
        Option<string?> tokenizer = new("--tokenizer")
        {
            Description = "A folder whose tokenizer is copied; without it, one of made-up words is written.",
            HelpName = "DIR",
        };
        Command command = new("create-random", "Write a model folder of random weights, for benchmarks and load tests.")
        {
            config, type, output, seed, tokenizer,
        };
        command.SetAction((parsed, cancellation) => Task.Run(
            () => Run(
                ReadConfig(parsed.GetRequiredValue(config)),
                parsed.GetValue(type),
                parsed.GetRequiredValue(output),
                parsed.GetValue(seed),
                parsed.GetValue(tokenizer),
                cancellation),
            cancellation));
        return command;
    }

    private static PaliGemmaConfig ReadConfig(string nameOrFile) =>
        PaliGemmaPresets.TryGet(nameOrFile, out PaliGemmaConfig config) ? config
            : File.Exists(nameOrFile) ? PaliGemmaConfig.LoadFile(nameOrFile)
            : throw new ModelFileException(
                $"There is no file {nameOrFile}; expected a config.json or one of {string.Join(", ", PaliGemmaPresets.Names)}.");

    private static void Run(
        PaliGemmaConfig config, ElementType type, string output, ulong seed, string? tokenizer, CancellationToken cancellation)
    {
        IReadOnlyList<LayoutEntry> layout = TensorLayout.Of(config);
        using NewFolder folder = new(output);
        PaliGemmaConfigWriter.Write(folder.WorkingPath, config with { StoredType = type.ToString().ToLowerInvariant() });
        WriteTokenizer(folder.WorkingPath, config, tokenizer);
        TensorDeclaration[] tensors = [.. layout.Select(entry => new TensorDeclaration(entry.Name, type, entry.Shape))];
        using (ShardedSafetensorsWriter writer = new(folder.WorkingPath, tensors))
        {
            ProgressDisplay.Run("Writing", report =>
            {
                new RandomWeights(seed).Write(layout, type, writer, report, cancellation);
                return true;
            });
            writer.Commit();
        }
        folder.Commit();
        Console.Out.WriteLine($"{output}: {tensors.Length} tensors, {ByteSize.Text(tensors.Sum(tensor => tensor.ByteLength))}.");
    }

    private static void WriteTokenizer(string folder, PaliGemmaConfig config, string? source)
    {
        if (source is null)
        {
            if (config.ImageTokenId < SyntheticTokenizer.LowestImageTokenId)
            {
                throw new ModelFileException(
                    $"image_token_index is {config.ImageTokenId}; a made-up tokenizer needs at least {SyntheticTokenizer.LowestImageTokenId}, "
                    + "a smaller vocabulary its own by --tokenizer.");
            }
            SyntheticTokenizer.Write(folder, config.ImageTokenId);
            return;
        }
        source = ModelFolder.Resolve(source);
        PaliGemmaTokenizer tokenizer = PaliGemmaTokenizer.Load(source);
        if (tokenizer.ImageId != config.ImageTokenId)
        {
            throw new ModelFileException(
                $"The tokenizer in {source} has the image token {tokenizer.ImageId}; the configuration expects {config.ImageTokenId}.");
        }
        TokenizerFiles.Copy(source, folder);
    }
}
