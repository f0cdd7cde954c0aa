import { describe, expect, test } from '@jest/globals';
import { classify, evidenceFor } from '../../src/recovery/classify.ts';
import { ClassNames, isServiceClass, quotedServiceCode } from '../../src/recovery/knowledge/class-names.ts';
import { SPELLING_CASES } from './knowledge-cases/spelling-cases.ts';

function namesOf(...patterns: readonly string[]): ClassNames {
  const names = new ClassNames();
  patterns.forEach((pattern, id) => names.add(pattern, id));
  return names;
}

describe('what the spelling of a name tells', () => {
  test.each(SPELLING_CASES)('$rule claims $error.type $error.message', ({ category, rule, error }) => {
    expect(classify(error)).toEqual({ category, rule });
    expect(evidenceFor(error, rule)).not.toEqual([]);
  });

  test.each([
    ['OrderProcessingException', '17'],
    ['com.acme.core.ServiceException', '17'],
    ['InternalError', '17'],
    ['OrderStateException', '17'],
    ['UnexpectedError', '17'],
    ['UnknownError', '17'],
    ['PaymentException', '17'],
    ['', 'E_UNSPECIFIED'],
    ['', 'ORDER_17 failed'],
    ['', 'PARTNER_CODE 17 was received'],
    ['', 'FAILED_STEP'],
    ['LambdaError', '17'],
    ['Failure', '17'],
  ])('nothing is known of %s %s', (type, message) => {
    expect(classify({ code: '200', type: type === '' ? null : type, message }).rule).toBe('nothing-known');
  });

  test('a class that a library defines for something else keeps what the tables know of it', () => {
    expect(classify({ code: null, type: 'java.lang.ClassNotFoundException', message: 'x' }).category).toBe(
      'defect',
    );
    expect(classify({ code: null, type: 'java.util.NoSuchElementException', message: 'x' }).category).toBe(
      'defect',
    );
    expect(classify({ code: null, type: 'UnsupportedOperationException', message: 'x' }).category).toBe(
      'defect',
    );
  });

  test('what a message says goes before the name of its class', () => {
    const error = { code: null, type: 'InvalidOrderException', message: 'connect ECONNREFUSED 10.0.0.1:443' };
    expect(classify(error).category).toBe('transient');
  });

  test('the code of a service goes before the status that it came with', () => {
    const message = 'StatusCode: 400, RequestID: x, api error CrawlerRunningException: it runs';
    expect(classify({ code: null, type: 'OperationError', message }).category).toBe('transient');
  });

  test('the same name says less of a class that no SDK made', () => {
    expect(
      classify({ code: null, type: 'Amazon.Glue.Model.IndexNotActiveException', message: 'x' }).category,
    ).toBe('misconfigured');
    expect(classify({ code: null, type: 'acme.IndexNotActiveException', message: 'x' }).category).toBe(
      'unknown',
    );
  });
});

describe('patterns of class names', () => {
  test.each([
    'OrderNotFoundException',
    'OrderNotFoundError',
    'OrderNotFoundFault',
    'OrderNotFound',
    'NotFound',
    'NotFoundErrorException',
    'com.acme.OrderNotFoundException',
    'com.acme.Outer$OrderNotFoundException',
    '*orders.OrderNotFound',
    'orders::OrderNotFound',
    'Function<Orders::OrderNotFound>',
    'order_NotFound',
    'HTTPNotFoundError',
  ])('*NotFound is found at the end of %s', (type) => {
    expect(namesOf('*NotFound').findIn(type)).toEqual([0]);
  });

  test.each([
    'NotFoundOrder',
    'OrderFound',
    'Found',
    'OrderNotFoundHandler',
    '',
    '...',
    'NOTFOUND',
    'Knotfound',
  ])('*NotFound is not found in %s', (type) => {
    expect(namesOf('*NotFound').findIn(type)).toEqual([]);
  });

  test('a beginning is found at the beginning alone, and as whole words', () => {
    const names = namesOf('Invalid*');
    expect(names.findIn('InvalidOrderException')).toEqual([0]);
    expect(names.findIn('InvalidException')).toEqual([0]);
    expect(names.findIn('OrderInvalid')).toEqual([]);
    expect(names.findIn('InvalidatedOrder')).toEqual([]);
    expect(names.findIn('Invalid.Order')).toEqual([]);
  });

  test('all patterns that match are found, those of one word and those of four', () => {
    const names = namesOf(
      '*Exists',
      '*AlreadyExists',
      'Order*',
      '*OrderNumberAlreadyExists',
      'OrderNumberAlreadyExists*',
    );
    expect(new Set(names.findIn('OrderNumberAlreadyExists'))).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  test('two rules may know the same pattern', () => {
    expect(namesOf('*Exists', '*Exists').findIn('OrderExists')).toEqual([0, 1]);
  });

  test.each(['NotFound', '*Not*', '*'])('%s is refused: a pattern has one star', (pattern) => {
    expect(() => new ClassNames().add(pattern, 0)).toThrow('one star');
  });
});

describe('the code of a service', () => {
  test.each([
    ['An error occurred (AbcException) when calling the Get operation: x', 'AbcException'],
    [
      'operation error S3: GetObject, https response error StatusCode: 404, api error AbcException: x',
      'AbcException',
    ],
    ['x (Service: AmazonS3; Status Code: 400; Error Code: AbcException; Request ID: 1)', 'AbcException'],
    ['An error occurred (AbcException) in the shop', null],
    ['AbcException', null],
    ['', null],
  ])('is read from: %s', (message, code) => {
    expect(quotedServiceCode(message)).toBe(code);
  });

  test.each([
    ['software.amazon.awssdk.services.s3.model.NoSuchKeyException', true],
    ['com.amazonaws.services.s3.model.AmazonS3Exception', true],
    ['Amazon.S3.Model.NoSuchKeyException', true],
    ['Aws::S3::Errors::NoSuchKey', true],
    ['Function<Aws::S3::Errors::NoSuchKey>', true],
    ['software.amazon.awssdk.core.exception.SdkClientException', false],
    ['com.amazonaws.SdkClientException', false],
    ['Amazon.Runtime.AmazonClientException', false],
    ['com.acme.Aws::S3::Errors::NoSuchKey', false],
  ])('stands in the class %s: %s', (type, is) => {
    expect(isServiceClass(type)).toBe(is);
  });
});
