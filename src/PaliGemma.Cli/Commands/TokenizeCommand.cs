using System.CommandLine;
using System.Text.Json;
using PaliGemma.Cli.Output;
using PaliGemma.Tokenization;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma tokenize</c>: how a model's tokenizer cuts texts up.</summary>
internal static class TokenizeCommand
{
    public static Command Create()
    {
        Option<string> model = new("--model", "-m")
        {
            Description = "A folder with a tokenizer, or the name of a pulled repository.",
            Required = true,
            HelpName = "DIR",
        };
        Argument<string[]> texts = new("TEXT") { Description = "The texts.", Arity = ArgumentArity.OneOrMore };
        Option<bool> json = new("--json") { Description = "Print one JSON array with an object per text." };
        Command command = new("tokenize", "Show the tokens of texts.") { model, texts, json };
        command.SetAction(parsed =>
        {
            PaliGemmaTokenizer tokenizer = PaliGemmaTokenizer.Load(ModelFolder.Resolve(parsed.GetRequiredValue(model)));
            IReadOnlyList<TokenizedText> tokenized = [.. parsed.GetRequiredValue(texts).Select(text => Tokenize(tokenizer, text))];
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(tokenized, OutputJson.Readable.IReadOnlyListTokenizedText));
                return;
            }
            foreach (TokenizedText text in tokenized)
            {
                Console.Out.WriteLine(string.Join(' ', text.Ids.Zip(text.Pieces, (id, piece) => $"{id}:{piece.ReplaceLineEndings("\\n")}")));
            }
        });
        return command;
    }

    private static TokenizedText Tokenize(PaliGemmaTokenizer tokenizer, string text)
    {
        int[] ids = tokenizer.Encode(text);
        return new TokenizedText(text, ids, Array.ConvertAll(ids, tokenizer.PieceOf));
    }
}
