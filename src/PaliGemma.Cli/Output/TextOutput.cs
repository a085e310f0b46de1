using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Tokenization;

namespace PaliGemma.Cli.Output;

/// <summary>Prints an answer's text while it is being made.</summary>
/// <param name="writer">Where to.</param>
/// <param name="tokenizer">The model's.</param>
/// <param name="namePictures">Whether answers are headed by their picture's name.</param>
internal sealed class TextOutput(TextWriter writer, PaliGemmaTokenizer tokenizer, bool namePictures) : AnswerOutput
{
    private StreamingDetokenizer _text = new(tokenizer);

    public override void BeginPicture(string file)
    {
        if (namePictures)
        {
            writer.WriteLine(file + ":");
        }
    }

    public override void Begin(TaskPrompt task, RgbImage image) => _text = new StreamingDetokenizer(tokenizer);

    public override void Take(GeneratedToken token)
    {
        writer.Write(_text.Append(token.Id));
        writer.Flush();
    }

    public override void End(Answer answer) => writer.WriteLine(_text.Flush());
}
