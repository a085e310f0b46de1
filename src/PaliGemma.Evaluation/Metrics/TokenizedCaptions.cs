namespace PaliGemma.Evaluation.Metrics;

/// <summary>Captions as the caption metrics read them: tokenised all together, as pycocoevalcap does it.</summary>
/// <param name="Candidates">The model's, one for each picture.</param>
/// <param name="References">People's, for each picture.</param>
internal sealed record TokenizedCaptions(IReadOnlyList<string> Candidates, IReadOnlyList<IReadOnlyList<string>> References)
{
    public static TokenizedCaptions Of(IReadOnlyList<ExampleAnswer> answers)
    {
        string[] references = PtbTokenizer.Tokenize([.. answers.SelectMany(answer => answer.Example.Answers)]);
        List<ArraySegment<string>> ofPictures = [];
        int next = 0;
        foreach (ExampleAnswer answer in answers)
        {
            int count = answer.Example.Answers.Count;
            ofPictures.Add(new ArraySegment<string>(references, next, count));
            next += count;
        }
        return new TokenizedCaptions(PtbTokenizer.Tokenize([.. answers.Select(answer => answer.Text)]), [.. ofPictures]);
    }
}
